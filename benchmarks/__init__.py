"""Commands that print ratios: one module a subject, each with ``rows(scale)``, its comparisons."""
