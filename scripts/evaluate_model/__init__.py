"""How good the bundled model is: test sets, scores, the table."""
