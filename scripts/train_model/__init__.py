"""How the bundled model is made: sentences, speech, network, graph. Nothing here runs in the service."""
