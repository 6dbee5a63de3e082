"""Judging evidence: risk of bias of a result, certainty of a body of evidence, agreement of judges; all of it pure."""
