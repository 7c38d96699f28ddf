"""`make demo`: the product's main job on real processes, told in a minute or two, with a picture at the end."""
