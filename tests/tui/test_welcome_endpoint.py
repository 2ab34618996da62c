"""The first steps with an endpoint of one's own: tried at once, and kept where it answers or where that is wished."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.tui.screens.choosing import ChooseDialog
from tests.support.replies import Status, Text
from tests.support.server import ScriptedServer
from tests.tui.driving import house, running, told, wait_for
from tests.tui.welcoming import fill, flat, is_open, open_setup, said, written


def test_an_endpoint_with_one_model_is_tried_and_kept(shelf_folder: Path) -> None:
    async def story(address: str) -> None:
        async with running(shelf_folder) as pilot:
            await open_setup(pilot)
            await fill(pilot, "address", address)
            await pilot.press("enter")
            await wait_for(pilot, lambda: not is_open(pilot))
            assert written() == {"model": "tiny", "base_url": address}
            assert house(pilot).chat.status.mode == "model tiny"
            assert address in told(pilot)

    with ScriptedServer([Text("Blue.")], models=["tiny"], keep_alive=False) as server:
        asyncio.run(story(server.base_url))
    assert len(server.requests) == 1


def test_of_several_models_one_is_chosen(shelf_folder: Path) -> None:
    async def story(address: str) -> None:
        async with running(shelf_folder) as pilot:
            await open_setup(pilot)
            await fill(pilot, "address", address.removeprefix("http://"))
            await pilot.press("enter")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, ChooseDialog))
            await pilot.press("down", "enter")
            await wait_for(pilot, lambda: pilot.app.screen is house(pilot).chat)
            assert written() == {"model": "large", "base_url": address}

    with ScriptedServer([Text("Blue.")], models=["small", "large"], keep_alive=False) as server:
        asyncio.run(story(server.base_url))
    assert [request.body["model"] for request in server.requests] == ["large"]


def test_an_endpoint_that_fails_is_kept_only_where_that_is_wished(shelf_folder: Path, nobody: str) -> None:
    address = nobody

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            screen = await open_setup(pilot)
            await fill(pilot, "address", address)
            await pilot.press("enter")
            await said(pilot, f"nothing answers at {address}; start the server")
            assert not written()
            screen.query_one("#way-keep").focus()
            await pilot.press("enter")
            await said(pilot, "no model is named")
            assert not written()

            await fill(pilot, "model", "tiny")
            assert not screen.query_one("#way-keep").display
            await pilot.press("enter")
            await wait_for(pilot, lambda: screen.query_one("#way-keep").display)
            await pilot.press("down", "enter")
            await wait_for(pilot, lambda: not is_open(pilot))
            assert written() == {"model": "tiny", "base_url": address}

    asyncio.run(story())


def test_a_model_that_does_not_answer_is_not_kept(shelf_folder: Path) -> None:
    async def story(address: str) -> None:
        async with running(shelf_folder) as pilot:
            await open_setup(pilot)
            await fill(pilot, "address", address)
            await fill(pilot, "model", "nobody")
            await pilot.press("enter")
            await said(pilot, "does not know the model nobody")
            assert "it has small, large" in flat(pilot)
            assert not written()

    with ScriptedServer([Status(404)], models=["small", "large"], keep_alive=False) as server:
        asyncio.run(story(server.base_url))


@pytest.mark.parametrize("address", ["", "no address at all", "ftp://127.0.0.1/v1"])
def test_what_is_no_address_is_not_tried(shelf_folder: Path, address: str) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            screen = await open_setup(pilot)
            await fill(pilot, "address", address)
            await pilot.press("enter")
            await said(pilot, "is no address")
            assert not screen.query_one("#way-keep").display

    asyncio.run(story())


def test_offline_tries_no_other_machine(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder, offline=True) as pilot:
            await open_setup(pilot)
            await fill(pilot, "address", "http://192.0.2.1/v1")
            await pilot.press("enter")
            await said(pilot, "--offline excludes 192.0.2.1")

    asyncio.run(story())


def test_quote_mode_ends_where_a_model_is_chosen(shelf_folder: Path) -> None:
    async def story(address: str) -> None:
        async with running(shelf_folder) as pilot:
            house(pilot).action_app_mode("quote")
            await open_setup(pilot)
            await fill(pilot, "address", address)
            await pilot.press("enter")
            await wait_for(pilot, lambda: not is_open(pilot))
            assert house(pilot).chat.status.mode == "model scripted"

    with ScriptedServer([Text("Blue.")], keep_alive=False) as server:
        asyncio.run(story(server.base_url))
