"""The program itself on a Canvas: pulled, planned, tested."""
