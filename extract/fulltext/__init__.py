"""Full text: JATS to sections and tables (pure parsing; fetching is apart)."""

from extract.fulltext.article import Article, Cell, Section, Table
from extract.fulltext.jats import parse_article, read_article

__all__ = ["Article", "Cell", "Section", "Table", "parse_article", "read_article"]
