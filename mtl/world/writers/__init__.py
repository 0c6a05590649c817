"""Writers: items as files in the data sets' own published formats, with every column that those have."""
