"""Tables, and the files of bench/results."""
import csv
import unicodedata

from .settings import RAW, RESULTS


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def table(head, rows):
    """A Markdown table that also reads well as it is; columns of numbers stand to the right."""
    columns = list(zip(head, *rows))
    widths = [max(width(cell) for cell in column) for column in columns]
    numeric = [all(c[:1].isdigit() or not c for c in column[1:]) for column in columns]

    def line(cells):
        return "| " + " | ".join(
            c.rjust(w) if right else c.ljust(w) for c, w, right in zip(cells, widths, numeric)) + " |"

    rule = "|" + "|".join("-" * (w + 1) + (":" if right else "-") for w, right in zip(widths, numeric)) + "|"
    return "\n".join([line(head), rule, *map(line, rows)])


def core_notes(result, what):
    """What to know of cores, where each row names itself by `what`."""
    return [f"{what(r)}: the client's core was full: the server can do more than this."
            for r in result if r["client_core"] > 0.95 and r["server_core"] < 0.95] + foreign_note(
                max(r["foreign_core"] for r in result))


def foreign_note(share):
    if share > 0.05:
        return [f"Other work took up to {share:.0%} of a core in the middle of a run: measure again on a quiet machine."]
    return []


def write_csv(file, rows):
    with file.open("w", newline="") as f:
        writer = csv.DictWriter(f, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write(name, header, keep, rounds, result, text, notes):
    """Prints the table. Writes every round to results/raw; the medians, and the machine beside the numbers,
    to results when they are to be kept, else to results/raw too."""
    folder = place(keep)
    write_csv(RAW / f"{name}-rounds.csv", [{k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}
                                           for row in rounds])
    write_csv(folder / f"{name}.csv", result)
    write_page(name, header, keep, text, notes)
    print(f"written: {folder / name}.csv, {folder / name}.txt", flush=True)


def place(keep):
    """The folder for what is to be kept, or not."""
    RAW.mkdir(parents=True, exist_ok=True)
    return RESULTS if keep else RAW


def write_page(name, header, keep, text, notes):
    """Prints the machine, the tables and what to know of them, and writes that down."""
    longest = max(len(title) for title, _ in header)
    lines = [f"{title.ljust(longest)}  {content}" for title, content in header]
    page = "\n".join([*lines, "", text, "", *notes]).rstrip() + "\n"
    print("\n" + page, flush=True)
    (place(keep) / f"{name}.txt").write_text(page)
