"""Closed forms against simulation: single neurons, and accuracies of whole networks."""
