"""The report of the benchmark suite: results.json as Markdown and as one HTML page.

`markdown` needs nothing but Python; `html` draws with matplotlib (see requirements.txt).
"""
