"""Small open-access articles for tests, in PMC's JATS, with synthetic words and numbers."""

from __future__ import annotations

RESULTS = "Surgery of the primary tumour was associated with longer overall survival (HR 0.61; 95% CI 0.45-0.83)."


def jats(pmcid: str, pmid: str, *, results: str = RESULTS, rows: str = "", body: bool = True) -> bytes:
    """Return an article with one section and one table; without a body it is what PMC gives of a withheld one."""
    table = (
        '<table-wrap id="T2"><label>Table 2</label><caption><p>Multivariable model of overall survival</p></caption>'
        "<table><thead><tr><th>Variable</th><th>HR (95% CI)</th><th>p</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></table-wrap>"
        if rows
        else ""
    )
    inside = f'<body><sec id="s3"><title>Results</title><p>{results}</p>{table}</sec></body>' if body else ""
    return (
        "<article><front><article-meta>"
        f'<article-id pub-id-type="pmid">{pmid}</article-id><article-id pub-id-type="pmcid">{pmcid}</article-id>'
        "<title-group><article-title>Surgery of the primary tumour in stage IV breast cancer</article-title>"
        f"</title-group></article-meta></front>{inside}</article>"
    ).encode()


def row(label: str, hr: str, p: str = "0.01") -> str:
    """Return a row of the table."""
    return f"<tr><td>{label}</td><td>{hr}</td><td>{p}</td></tr>"
