"""What became of a commitment, as one row of dots: those who have done it, and those who did not answer."""

DOTS = 20


def kept(figures):
    """The kinds of the DOTS dots of CommitmentFigures, as a list of "done", "other" and "silent".

    None if nothing is known of those who have done it, too few were asked, or most are in parts too small to be shown.
    """
    if not figures or not figures.asked or not figures.done or figures.rest > figures.asked / 2:
        return None
    done = max(1, round(DOTS * figures.done / figures.asked))
    # The parts are blurred each, so their sum can be above the number of people who were asked.
    silent = min(DOTS - done, round(DOTS * figures.silent / figures.asked))
    return ["done"] * done + ["other"] * (DOTS - done - silent) + ["silent"] * silent
