"""A report as one offline HTML file: text (markup.py), blocks, drawings, and the page around them."""
