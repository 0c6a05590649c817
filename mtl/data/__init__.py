"""From files to strips of tokens: readers, records, features, stores, the mixture, a step's packing."""
