"""DOOR: a gateway's USSD callback in, CON or END out. Builds a hop, asks the flow, carries out, answers."""
