"""Language models: which one, what a call costs, and what to do when a call fails.

models.py   the chat model of an endpoint, through langchain
tokens.py   how many tokens a text has, with no network
prices.py   what tokens cost, where a price is known
budget.py   limits, and the ledger of what was spent
faults.py   every way in which a provider fails, as one error with a cause and a hint
calls.py    the only place from which a model is called
"""
