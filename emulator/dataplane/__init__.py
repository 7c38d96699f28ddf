"""Lambda's Invoke and Runtime APIs, ours: a real process per execution environment. Knows no control plane."""
