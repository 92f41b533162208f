"""How well do spiking networks learn real recordings of an event camera?"""
