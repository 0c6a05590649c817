"""Tables that were printed, read back."""


def cells(text: str) -> list[list[str]]:
    """The rows of a table that was printed, cell by cell."""
    rows = (line.replace("┃", "│").split("│") for line in text.splitlines() if "│" in line or "┃" in line)
    return [[cell.strip() for cell in row[1:-1]] for row in rows]
