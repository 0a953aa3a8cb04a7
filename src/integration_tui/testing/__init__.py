"""What the author of a provider tests it with; nothing of the program itself imports this.

`contract` needs the extra `testing` (pytest and pytest-asyncio), the rest no more than the program.
"""
