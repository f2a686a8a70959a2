"""Hiding small numbers in a table whose rows and columns are summed in public, so that sums do not give them away.

A hidden number is worked out from the totals around it: what is left of its row is what its hidden neighbours share. Which
numbers a hidden cell may hold for all that is published is a question of flow: raising it by one lowers another hidden cell of
its row, which raises one of that one's column, and so on until a circle closes. Circles exist for as many people as a cell must
be able to gain or lose, or more cells are hidden until they do: of those, few and small ones.
"""

from heapq import heappop, heappush

# Numbers below this are never shown.
SMALL = 5


def hidden_cells(table):
    """The cells to hide of a `table`, {(row, column): people} with every combination: those below SMALL, and as many others as
    it takes that for all published numbers (shown cells, every row's and column's total)

    - a cell below SMALL may hold any number from 0 to SMALL, and
    - any other hidden cell may hold SMALL + 1 different numbers in a row,

    or as many of those as its row's and column's totals alone leave open. Rows and columns of nobody have nothing to hide.
    """
    rows, columns = _sums(table, 0), _sums(table, 1)
    hidden = {cell for cell, n in table.items() if n < SMALL and rows[cell[0]] and columns[cell[1]]}
    waiting = sorted(hidden)
    while waiting:
        cell = waiting.pop(0)
        for rises, people in _freedom(cell, table, rows, columns, hidden):
            _, taking_part = _move(cell, rises, people, table, hidden)
            waiting += sorted(taking_part - hidden)
            hidden |= taking_part
    return hidden


def _sums(table, axis):
    sums = {}
    for cell, n in table.items():
        sums[cell[axis]] = sums.get(cell[axis], 0) + n
    return sums


def _freedom(cell, table, rows, columns, hidden):
    """(up?, by how many people) a hidden cell must be able to move, as far as its totals leave it room."""
    row, column, n = rows[cell[0]], columns[cell[1]], table[cell]
    room_up = min(row, column) - n
    room_down = n - max(0, row + column - sum(rows.values()))
    if n < SMALL:
        return (True, min(SMALL - n, room_up)), (False, room_down)
    # In either direction; what is hidden already may be enough.
    up, _ = _move(cell, True, min(SMALL, room_up), table, hidden, only_hidden=True)
    down, _ = _move(cell, False, min(SMALL - up, room_down), table, hidden, only_hidden=True)
    up = min(SMALL - down, room_up)
    return (True, up), (False, min(SMALL - up, room_down))


def _move(cell, rises, people, table, hidden, only_hidden=False):
    """Let a cell gain or lose so many people at the others' cost: (how many it could, the cells that took part)."""
    row, column = ("row", cell[0]), ("column", cell[1])
    start, end = (column, row) if rises else (row, column)
    values, taking_part, left = dict(table), set(), people
    while left:
        path = _path(start, end, cell, values, hidden | taking_part, only_hidden)
        if path is None:
            break
        moved = min([left, *(values[step] for step, gains in path if not gains)])
        for step, gains in path:
            values[step] += moved if gains else -moved
        taking_part.update(step for step, _ in path)
        left -= moved
    return people - left, taking_part


def _path(start, end, skipped, values, hidden, only_hidden):
    """The (cell, gains?) of the cheapest chain between a row and a column, or None; hidden cells are free."""
    queue, settled = [(0, start, None)], {}
    while end not in settled:
        if not queue:
            return None
        cost, node, came_by = heappop(queue)
        if node in settled:
            continue
        settled[node] = came_by
        kind, name = node
        for cell, n in values.items():
            # From a row a cell gains and leads to its column; from a column a cell loses, if it has anyone, and leads to its row.
            gains = kind == "row"
            if cell == skipped or cell[0 if gains else 1] != name or (n == 0 and not gains):
                continue
            if only_hidden and cell not in hidden:
                continue
            beyond = ("column", cell[1]) if gains else ("row", cell[0])
            if beyond not in settled:
                price = 0 if cell in hidden else n.bit_length() + 1
                heappush(queue, (cost + price, beyond, (node, cell, gains)))
    path, node = [], end
    while node != start:
        node, cell, gains = settled[node]
        path.append((cell, gains))
    return path
