"""What `make check` does beyond the stock tools: policy scan, audit of dependencies, account of what ships.

Never imported by the product.
"""
