"""Which reports belong together: to one trial family, to one overlap group, to one publication. Pure; people confirm.

Every proposal carries a score and the evidence for it. A score orders the proposals; it is no probability.
"""
