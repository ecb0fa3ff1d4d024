print("sie-dr")
