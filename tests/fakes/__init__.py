"""The ports of the application, written by hand: whole calls run in memory, under a virtual clock."""
