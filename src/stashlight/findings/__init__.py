"""Events × rules → findings: load and lint Sigma, compile it to the portable SQL profile, match, correlate, explain."""
