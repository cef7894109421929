"""
The door to the inboxes as file systems: what lies there (`looking`), what says "look sooner"
(`hints`), and which folders changed where nothing says so (`polling`).

Events are hints, the looks are the truth.
"""
