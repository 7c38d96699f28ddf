"""`caretaker doctor`: gather what a deployed stack is, judge it check by check, say how to mend it."""
