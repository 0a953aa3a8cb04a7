"""Pages of any system, one after the other to the proven end."""
