#!/usr/bin/env python3
"""Writes the Unicode tables of the tokenizer: tables_class.c, tables_map.c and tables_decompose.c.

    pip install tokenizers==0.23.3
    python3 src/unicode/generate.py

Everything is asked from the pinned `tokenizers` wheel, code point by code point, because it
mixes Unicode versions: no one version of the Unicode data files describes it. What a question
about one code point doesn't show is asked with pairs: canonical combining classes (does NFD
swap a pair of marks?) and compositions (what does NFC make of a pair?).
"""

import pathlib
import sys

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

VERSION = "0.23.3"
FOLDER = pathlib.Path(__file__).parent
HANGUL = range(0xAC00, 0xD7A4)
SURROGATES = range(0xD800, 0xE000)

# Bits of a class record; unicode.h names them in this order.
FLAGS = [
    "control", "whitespace", "punctuation", "word", "numeric", "ideograph",
    "nonspacing", "mark", "lower", "canonical", "compatibility",
]

# What regular expressions take a code point for; unicode.h names them in this order, from 1 on.
# Patterns of tokenizers never tell the categories of one kind apart.
KINDS = [r"\p{Lu}", r"\p{Ll}", r"\p{Lt}", r"[\p{Lm}\p{Lo}]", r"\p{M}", r"\p{Nd}",
         r"[\p{Nl}\p{No}]", r"\p{P}", r"\p{S}"]

# One mark of each canonical combining class, the ruler for the others.
RULER = {
    1: 0x0334, 7: 0x093C, 8: 0x3099, 9: 0x094D, 10: 0x05B0, 11: 0x05B1, 12: 0x05B2,
    13: 0x05B3, 14: 0x05B4, 15: 0x05B5, 16: 0x05B6, 17: 0x05B7, 18: 0x05B8, 19: 0x05B9,
    20: 0x05BB, 21: 0x05BC, 22: 0x05BD, 23: 0x05BF, 24: 0x05C1, 25: 0x05C2, 26: 0xFB1E,
    27: 0x064B, 28: 0x064C, 29: 0x064D, 30: 0x064E, 31: 0x064F, 32: 0x0650, 33: 0x0651,
    34: 0x0652, 35: 0x0670, 36: 0x0711, 84: 0x0C55, 91: 0x0C56, 103: 0x0E38, 107: 0x0E48,
    118: 0x0EB8, 122: 0x0EC8, 129: 0x0F71, 130: 0x0F72, 132: 0x0F74, 202: 0x0321,
    214: 0x1DCE, 216: 0x031B, 218: 0x302A, 220: 0x0316, 222: 0x059A, 224: 0x302E,
    226: 0x1D16D, 228: 0x05AE, 230: 0x0300, 232: 0x0315, 233: 0x035C, 234: 0x035D,
    240: 0x0345,
}


def ask():
    """What the wheel says of every code point: {code: record}."""
    clean = normalizers.BertNormalizer(True, False, False, False).normalize_str
    chinese = normalizers.BertNormalizer(False, True, False, False).normalize_str
    accents = normalizers.BertNormalizer(False, False, True, False).normalize_str
    marks = normalizers.StripAccents().normalize_str
    lower = normalizers.Lowercase().normalize_str
    nfd = normalizers.NFD().normalize_str
    nfkd = normalizers.NFKD().normalize_str
    bert = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    words = pre_tokenizers.Whitespace().pre_tokenize_str
    digits = pre_tokenizers.Digits(True).pre_tokenize_str
    answers = {}
    for code in range(0x110000):
        if code in SURROGATES:
            continue
        char = chr(code)
        between = f"a{char}b"
        flags = set()
        cleaned = clean(between)
        if cleaned == "ab":
            flags.add("control")
        pieces = [text for text, _ in bert(between)]
        if pieces == ["a", "b"]:
            flags.add("whitespace")
        elif pieces == ["a", char, "b"]:
            flags.add("punctuation")
        else:
            assert pieces == [between], hex(code)
        replaced = "whitespace" in flags and "control" not in flags
        assert cleaned == ("ab" if "control" in flags else "a b" if replaced else between)
        kind = len(words(between))
        if kind == 1:
            flags.add("word")
        assert (kind == 2) == ("whitespace" in flags), hex(code)
        if len(digits(between)) == 3:
            flags.add("numeric")
        if chinese(char) != char:
            assert chinese(between) == f"a {char} b"
            flags.add("ideograph")
        canonical, compatible, lowered = nfd(char), nfkd(char), lower(char)
        if marks(char) == "":
            flags.add("mark")
        if accents(char) == "" and canonical == char:
            flags.add("nonspacing")
        if lowered != char:
            flags.add("lower")
        if code not in HANGUL:
            if canonical != char:
                flags.add("canonical")
            if compatible != canonical:
                flags.add("compatibility")
        else:
            assert canonical == compatible == hangul(code), hex(code)
        answers[code] = dict(flags=flags, canonical=canonical, compatible=compatible,
                             lower=lowered, combining=0, kind=0)
    ask_kinds(answers)
    for code, answer in answers.items():
        kept = [c for c in answer["canonical"] if "nonspacing" not in answers[ord(c)]["flags"]]
        assert accents(chr(code)) == "".join(kept), hex(code)
    return answers


def ask_kinds(answers):
    """All code points at once: a pattern splits a text that has each of them."""
    text = "".join(map(chr, answers))
    for number, pattern in enumerate(KINDS, 1):
        split = pre_tokenizers.Split(Regex(pattern), "removed", invert=True)
        for piece, _ in split.pre_tokenize_str(text):
            for char in piece:
                assert answers[ord(char)]["kind"] == 0
                answers[ord(char)]["kind"] = number


def hangul(code):
    index = code - 0xAC00
    tail = index % 28
    jamo = [0x1100 + index // 588, 0x1161 + index % 588 // 28] + ([0x11A7 + tail] if tail else [])
    return "".join(map(chr, jamo))


def ask_combining_classes(answers):
    """NFD swaps two marks when the first has the higher class (0 never moves)."""
    nfd = normalizers.NFD().normalize_str

    def swapped(first, second):
        return first != second and nfd("a" + first + second) == "a" + second + first

    lowest, highest = chr(RULER[1]), chr(RULER[240])
    for code, answer in answers.items():
        char = chr(code)
        if answer["canonical"] != char:
            continue
        if not swapped(char, lowest) and not swapped(highest, char):
            answer["combining"] = 240 if code == RULER[240] else 0
            continue
        fits = [value for value, mark in RULER.items()
                if not swapped(char, chr(mark)) and not swapped(chr(mark), char)]
        assert len(fits) == 1, (hex(code), fits)
        answer["combining"] = fits[0]


def ask_compositions(answers):
    """{(first, second): composite} of NFC, Hangul left out."""
    nfc = normalizers.NFC().normalize_str
    pairs = {}
    for code, answer in answers.items():
        text = answer["canonical"]
        if len(text) < 2 or code in HANGUL or nfc(text) != chr(code):
            continue
        first = nfc(text[:-1])
        assert len(first) == 1 and nfc(first + text[-1]) == chr(code), hex(code)
        pairs[ord(first), ord(text[-1])] = code
    return pairs


def build_trie(values, low_bits, middle_bits):
    """Three levels: values in blocks, blocks in rows; equal ones are kept once."""
    blocks, rows, top, row_of_blocks = {}, {}, [], []
    step = 1 << low_bits
    for start in range(0, len(values), step):
        block = tuple(values[start:start + step])
        row_of_blocks.append(blocks.setdefault(block, len(blocks)))
    step = 1 << middle_bits
    for start in range(0, len(row_of_blocks), step):
        row = tuple(row_of_blocks[start:start + step])
        top.append(rows.setdefault(row, len(rows)))
    return top, [i for row in rows for i in row], [v for block in blocks for v in block]


def fold(code):
    """Planes 4 to 13 are empty and left out; 14 stands where 4 was; 15 and 16 repeat
    what plane 15 has (checked below)."""
    if code < 0x40000:
        return code
    return code - 0xA0000 if 0xE0000 <= code < 0x100000 else None


def write_class_tables(answers):
    empty = (0, 0, 0)

    def record(code):
        answer = answers.get(code)
        if answer is None:
            return empty
        bits = sum(1 << i for i, name in enumerate(FLAGS) if name in answer["flags"])
        return bits, answer["combining"], answer["kind"]

    assert all(record(code) == empty for code in range(0x40000, 0xE0000))
    assert all(record(code) == record(code - 0x10000) for code in range(0x100000, 0x110000))
    folded = [empty] * 0x60000
    for code in range(0x110000):
        if fold(code) is not None:
            folded[fold(code)] = record(code)
    classes = sorted(set(folded))
    assert len(classes) < 256
    number = {value: i for i, value in enumerate(classes)}
    top, middle, low = build_trie([number[value] for value in folded], 4, 5)
    body = "\n".join([
        array("uint8_t", "bl_unicode_top", top),
        array("uint16_t", "bl_unicode_middle", middle),
        array("uint8_t", "bl_unicode_low", low),
        "const bl_unicode_class bl_unicode_classes[] = {",
        *wrap([f"{{{flags},{combining},{kind}}}" for flags, combining, kind in classes]),
        "};",
    ])
    write("tables_class.c", body)
    return len(top) + 2 * len(middle) + len(low) + 4 * len(classes)


def write_map_tables(answers, pairs):
    """Lower case as runs of (first, last, step, distance); compositions by second character."""
    runs = []
    for code in sorted(answers):
        lowered = answers[code]["lower"]
        if lowered == chr(code):
            continue
        if len(lowered) > 1:
            assert code == 0x130 and lowered == "i\u0307", hex(code)  # unicode.c knows it
            continue
        distance = ord(lowered) - code
        last = runs[-1] if runs else None
        if last and last[3] == distance:
            gap = code - last[1]
            if last[0] == last[1] and gap <= 2:
                last[1], last[2] = code, gap
                continue
            if gap == last[2]:
                last[1] = code
                continue
        runs.append([code, code, 1, distance])
    basic = {pair: c for pair, c in pairs.items() if max(*pair, c) < 0x10000}
    other = sorted((a, b, c) for (a, b), c in pairs.items() if (a, b) not in basic)
    ordered = sorted(basic, key=lambda pair: (pair[1], pair[0]))
    seconds = sorted({second for _, second in basic})
    starts = [next(i for i, pair in enumerate(ordered) if pair[1] == s) for s in seconds]
    body = "\n".join([
        "const bl_unicode_run bl_unicode_lower_runs[] = {",
        *wrap([f"{{{a},{b},{step},{d}}}" for a, b, step, d in runs]),
        "};",
        f"const uint32_t bl_unicode_lower_run_count = {len(runs)};",
        array("uint16_t", "bl_unicode_compose_seconds", seconds),
        array("uint16_t", "bl_unicode_compose_starts", starts + [len(ordered)]),
        f"const uint32_t bl_unicode_compose_second_count = {len(seconds)};",
        array("uint16_t", "bl_unicode_compose_firsts", [pair[0] for pair in ordered]),
        array("uint16_t", "bl_unicode_compose_results", [basic[pair] for pair in ordered]),
        "const uint32_t bl_unicode_compose_others[][3] = {",
        *wrap([f"{{{a},{b},{c}}}" for a, b, c in other]),
        "};",
        f"const uint32_t bl_unicode_compose_other_count = {len(other)};",
    ])
    write("tables_map.c", body)
    return 16 * len(runs) + 4 * len(seconds) + 4 * len(ordered) + 12 * len(other)


def utf16(text):
    data = text.encode("utf-16-le")
    return [data[i] | data[i + 1] << 8 for i in range(0, len(data), 2)]


def stored(text):
    """Its UTF-16 units; more than six end with a zero, which stands for the length."""
    units = utf16(text)
    return units + [0] if len(units) > 6 else units


def find(pool, units):
    first = units[0]
    for i in range(len(pool) - len(units) + 1):
        if pool[i] == first and pool[i:i + len(units)] == units:
            return i
    return -1


def build_pool(texts):
    """All texts as UTF-16 in one array; a text inside another takes no room."""
    pool = []
    for units in sorted({tuple(stored(text)) for text in texts}, key=lambda u: (-len(u), u)):
        units = list(units)
        if find(pool, units) >= 0:
            continue
        overlap = next(k for k in range(len(units) - 1, -1, -1) if k == 0 or pool[-k:] == units[:k])
        pool.extend(units[overlap:])
    return pool


def write_decomposition_tables(answers):
    """Entries (place in the pool, length) by runs of code points; the few that have a
    canonical and another compatibility decomposition stand in both halves."""
    canonical = {c: a["canonical"] for c, a in answers.items() if "canonical" in a["flags"]}
    compatible = {c: a["compatible"] for c, a in answers.items() if "compatibility" in a["flags"]}
    pool = build_pool(list(canonical.values()) + list(compatible.values()))
    runs, entries, counts = [], [], []
    for table in (canonical, compatible):
        previous = None
        for code in sorted(table):
            if previous is None or code != previous + 1:
                runs.append((code, len(entries)))
            previous = code
            units = stored(table[code])
            place = find(pool, units)
            assert place < 1 << 13
            entries.append(place << 3 | min(len(units), 7))
        counts.append(len(runs))
    body = "\n".join([
        "const bl_unicode_span bl_unicode_decompose_runs[] = {",
        *wrap([f"{{{code},{start}}}" for code, start in runs]),
        "};",
        f"const uint32_t bl_unicode_canonical_runs = {counts[0]};",
        f"const uint32_t bl_unicode_compatibility_runs = {counts[1] - counts[0]};",
        array("uint16_t", "bl_unicode_decompose_entries", entries),
    ])
    write("tables_decompose.c", body)
    write("tables_pool.c", array("uint16_t", "bl_unicode_pool", pool))
    return 8 * len(runs) + 2 * len(entries) + 2 * len(pool)


def wrap(items, width=100):
    lines, line = [], "   "
    for item in items:
        if len(line) + len(item) + 1 > width:
            lines.append(line)
            line = "   "
        line += (" " if line == "   " else "") + item + ","
    return lines + [line]


def array(kind, name, values):
    return "\n".join([f"const {kind} {name}[] = {{", *wrap(list(map(str, values))), "};"])


def write(name, body):
    head = f"/* Generated by generate.py from tokenizers {VERSION}: don't edit. */\n"
    (FOLDER / name).write_text(
        f'{head}#include "tables.h"\n\n/* clang-format off */\n{body}\n', encoding="ascii")


def main():
    if tokenizers.__version__ != VERSION:
        sys.exit(f"tokenizers {VERSION} is needed, this is {tokenizers.__version__}")
    answers = ask()
    ask_combining_classes(answers)
    pairs = ask_compositions(answers)
    sizes = [write_class_tables(answers), write_map_tables(answers, pairs),
             write_decomposition_tables(answers)]
    print(f"classes {sizes[0]}, maps {sizes[1]}, decompositions {sizes[2]} bytes")


if __name__ == "__main__":
    main()
