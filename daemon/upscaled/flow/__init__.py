"""The order of events: knows the ports, never a library behind them."""
