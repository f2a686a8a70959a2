"""Small-cell suppression in a table whose row and column totals are published (primary and complementary suppression).

With the totals, a single suppressed cell of a row can be computed, so further cells are suppressed with it. The feasible
range of a suppressed cell, given everything published, is a network-flow problem (Cox 1995): raising the cell by one lowers
another suppressed cell of its row, which raises one of that cell's column, and so on until the cycle closes. A cell has enough
freedom when there are cycles for as many people as it must be able to gain or lose; cells are added until there are, preferring
few and small ones (shortest paths with a cost for each newly suppressed cell).
"""

from heapq import heappop, heappush

# Numbers below this are never published.
THRESHOLD = 5


def hidden_cells(table, hidden=frozenset()):
    """The set of cells to suppress in `table`, which maps every (row, column) to a number of people.

    Suppressed are the cells in `hidden`, those below THRESHOLD, and as many others as needed so that all published numbers (the
    visible cells, and the total of every row and column) are consistent with

    - every value from 0 to THRESHOLD in a cell below THRESHOLD, and
    - THRESHOLD + 1 consecutive values in any other suppressed cell,

    or with as many of these as the cell's row and column totals alone allow. Empty rows and columns are not suppressed.
    """
    rows, columns = _sums(table, 0), _sums(table, 1)
    hidden = {cell for cell, n in table.items() if n < THRESHOLD and rows[cell[0]] and columns[cell[1]]} | hidden
    waiting = sorted(hidden)
    while waiting:
        cell = waiting.pop(0)
        for rises, people in _freedom(cell, table, rows, columns, hidden):
            _, involved = _move(cell, rises, people, table, hidden)
            waiting += sorted(involved - hidden)
            hidden |= involved
    return hidden


def _sums(table, axis):
    sums = {}
    for cell, n in table.items():
        sums[cell[axis]] = sums.get(cell[axis], 0) + n
    return sums


def _freedom(cell, table, rows, columns, hidden):
    """How far a suppressed cell must be able to rise and to fall, limited by its row and column totals.

    Returns two pairs (rises?, people), for the two directions.
    """
    row, column, n = rows[cell[0]], columns[cell[1]], table[cell]
    room_up = min(row, column) - n
    room_down = n - max(0, row + column - sum(rows.values()))
    if n < THRESHOLD:
        return (True, min(THRESHOLD - n, room_up)), (False, room_down)
    # Both directions together must allow THRESHOLD people. The cells suppressed so far may suffice.
    up, _ = _move(cell, True, min(THRESHOLD, room_up), table, hidden, only_hidden=True)
    down, _ = _move(cell, False, min(THRESHOLD - up, room_down), table, hidden, only_hidden=True)
    up = min(THRESHOLD - down, room_up)
    return (True, up), (False, min(THRESHOLD - up, room_down))


def _move(cell, rises, people, table, hidden, only_hidden=False):
    """Let a cell gain or lose people to others along cycles: (the people it could move, the cells involved)."""
    row, column = ("row", cell[0]), ("column", cell[1])
    start, end = (column, row) if rises else (row, column)
    values, involved, left = dict(table), set(), people
    while left:
        path = _path(start, end, cell, values, hidden | involved, only_hidden)
        if path is None:
            break
        moved = min([left, *(values[step] for step, gains in path if not gains)])
        for step, gains in path:
            values[step] += moved if gains else -moved
        involved.update(step for step, _ in path)
        left -= moved
    return people - left, involved


def _path(start, end, skipped, values, hidden, only_hidden):
    """Dijkstra: the cheapest path between a row and a column as (cell, gains?), or None; suppressed cells cost nothing."""
    queue, settled = [(0, start, None)], {}
    while end not in settled:
        if not queue:
            return None
        cost, node, predecessor = heappop(queue)
        if node in settled:
            continue
        settled[node] = predecessor
        kind, name = node
        for cell, n in values.items():
            # A cell left from its row gains and leads to its column; one left from its column loses and leads to its row.
            gains = kind == "row"
            if cell == skipped or cell[0 if gains else 1] != name or (n == 0 and not gains):
                continue
            if only_hidden and cell not in hidden:
                continue
            neighbour = ("column", cell[1]) if gains else ("row", cell[0])
            if neighbour not in settled:
                price = 0 if cell in hidden else n.bit_length() + 1
                heappush(queue, (cost + price, neighbour, (node, cell, gains)))
    path, node = [], end
    while node != start:
        node, cell, gains = settled[node]
        path.append((cell, gains))
    return path
