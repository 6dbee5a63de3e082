"""PubMed: query (pure), fetch (the only network code for NCBI), parse (pure), replay (a local server)."""
