"""Tables as people have them: what the reader decides, what it says, and how it is overruled."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import Dataset, from_csv
from engine.errors import DescriptionError


def prices(cells: list[str], separator: str = ",") -> str:
    """A table of numbered rows with these prices."""
    rows = [f"{index}{separator}{cell}" for index, cell in enumerate(cells)]
    return "\n".join([f"a{separator}price", *rows])


def targets(data: Dataset) -> list[float]:
    """All targets in the order of the first input, in their own units."""
    points = np.concatenate([data.train.points, data.test.points])
    values = np.concatenate([data.train.targets, data.test.targets])
    rows = np.argsort(points[:, 0])
    return list((values[rows, 0] * data.target_scale + data.target_mean).round(10))


def column(text: Any, **options: Any) -> list[float]:
    """The first input of every row in the order of the file, whose last column is its number."""
    data = from_csv(text, standardise=False, task="regression", **options)
    points = np.concatenate([data.train.points, data.test.points])[:, 0]
    order = np.argsort(np.concatenate([data.train.targets, data.test.targets])[:, 0])
    return list(points[order])


def numbered(cells: list[str], separator: str = ";") -> str:
    """A table with these cells in the first column, and the number of the row in the last."""
    rows = [f"{cell}{separator}{index}" for index, cell in enumerate(cells)]
    return "\n".join([f"a{separator}row", *rows])


def refused(text: Any, **options: Any) -> str:
    with pytest.raises(DescriptionError) as caught:
        from_csv(text, **options)
    return str(caught.value)


def told(data: Dataset) -> str:
    assert data.report is not None
    return str(data.report)


# Missing cells -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell", ["", "NaN", "nan", "NA", "N/A", "?", "null", "None", "-", "n/a", "#N/A", "unknown"]
)
def test_a_missing_target_leaves_out_its_row_and_not_the_task(cell: str) -> None:
    data = from_csv(prices([f"{i * 1.37:.2f}" if i != 7 else cell for i in range(40)]))
    assert data.task == "regression"
    assert targets(data) == [round(i * 1.37, 2) for i in range(40) if i != 7]
    assert data.report is not None
    assert (data.report.rows, data.report.used, data.report.dropped) == (40, 39, (9,))
    assert f"1 of 40 cells is missing ({cell!r})" in told(data)


@pytest.mark.parametrize("cell", ["", "NA", "NaN", "?", "null", "None", "-"])
def test_a_missing_label_is_no_class(cell: str) -> None:
    data = from_csv(f"a,y\n1,yes\n2,no\n3,{cell}\n4,yes\n5,no\n")
    assert (data.class_names, len(data.train) + len(data.test)) == (("no", "yes"), 4)
    assert data.report is not None
    assert data.report.dropped == (4,)


def test_words_that_may_be_missing_elsewhere_are_classes() -> None:
    assert from_csv("a,y\n1,mild\n2,none\n3,none\n4,mild\n").class_names == ("mild", "none")
    assert from_csv("a,y\n1,+\n2,-\n3,+\n4,-\n").class_names == ("+", "-")
    assert from_csv("a,y\n1,Na\n2,K\n3,Na\n4,K\n").class_names == ("K", "Na")


def test_what_is_missing_can_be_said() -> None:
    text = "a,y\n1,yes\n2,none\n-999,no\n4,yes\n5,no\n"
    data = from_csv(text, missing_values=["none", "-999"], missing="drop")
    assert data.class_names == ("no", "yes")
    assert sorted(np.concatenate([data.train.points, data.test.points])[:, 0]) == [1, 4, 5]


GAPS = "a,c,y\n" + "".join(
    f"{'?' if i % 4 == 1 else i},{'' if i % 4 == 2 else 'uv'[i % 2]},{i % 2}\n" for i in range(24)
)
"""A number is missing in a quarter of the rows, and a word in another quarter."""


def test_missing_inputs_are_dropped_if_they_are_few_and_else_filled() -> None:
    few = from_csv(prices(["1.5"] * 20).replace("\n7,", "\n,"))
    assert (len(few.train) + len(few.test), "missing='drop'" in told(few)) == (19, True)
    many = from_csv(GAPS)
    assert len(many.train) + len(many.test) == 24
    assert many.feature_names == ("a", "c = u", "c = v", "c is missing")
    assert "missing={'a': 'mean', 'c': 'category'}: an input is missing in 12 of 24" in told(many)


def test_a_filled_number_is_the_mean_of_the_training_part() -> None:
    text = "a,row,y\n" + "".join(f"{'' if i % 3 else i * i},{i},{i / 2}\n" for i in range(30))
    data = from_csv(text, missing="mean", test_fraction=0.25)
    rows = data.train.points[:, 1]
    mean = np.mean([row * row for row in rows if row % 3 == 0])
    for part in (data.train, data.test):
        for value, row in part.points:
            assert value == pytest.approx(mean if row % 3 else row * row)


@pytest.mark.parametrize(
    ("rule", "names", "count"),
    [
        ("drop", ("a", "c = u", "c = v"), 12),
        ("mean", ("a", "c = u", "c = v"), 24),
        ("category", ("a", "a is missing", "c = u", "c = v", "c is missing"), 24),
        ({"a": "drop", "c": "category"}, ("a", "c = u", "c = v", "c is missing"), 18),
    ],
)
def test_what_happens_to_missing_inputs_can_be_said(
    rule: Any, names: tuple[str, ...], count: int
) -> None:
    data = from_csv(GAPS, missing=rule)
    points = np.concatenate([data.train.points, data.test.points])
    assert (data.feature_names, len(points)) == (names, count)
    assert np.isfinite(points).all()
    if "c is missing" in names:
        np.testing.assert_array_equal(points[:, [-3, -2, -1]].sum(axis=1), 1.0)


def test_missing_inputs_can_be_refused() -> None:
    assert refused(GAPS, missing="error").startswith(
        "data.csv line 3, column a: '?' is not a value"
    )


def test_a_column_without_values_is_left_out_and_a_constant_one_is_named() -> None:
    data = from_csv("a,b,c,y\n1,,7,x\n2,NA,7,y\n3,?,7,x\n")
    assert data.feature_names == ("a", "c")
    assert "column 'b' (left out): no cell has a value" in told(data)
    assert "column 'c' (input): numbers, all the same: nothing to learn from" in told(data)
    assert np.isfinite(data.train.inputs).all()
    assert "'y' is not a column with values" in refused("a,b,y\n1,2,\n2,3,?\n")
    assert "'1 row without missing cells' is not at least 2" in refused("a,b\n1,2.5\n2,\n3,\n")


# Numbers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,5", "2,25", "-3"], [1.5, 2.25, -3.0]),
        (["1.234,5", "12.345,25", "7"], [1234.5, 12345.25, 7.0]),
        (["1,234.5", "12,345.25", "7"], [1234.5, 12345.25, 7.0]),
        (["1,234,567", "2", "3"], [1234567.0, 2.0, 3.0]),
        (["12,34,567", "2", "3"], [1234567.0, 2.0, 3.0]),
        (["1 234,5", "2\xa0345,5", "3\u202f456,5"], [1234.5, 2345.5, 3456.5]),
        (["1'234.5", "2’345.5", "3"], [1234.5, 2345.5, 3.0]),
        (["1_000", "2_500", "3"], [1000.0, 2500.0, 3.0]),
        (["5 €", "7,50 €", "1.000,25 €"], [5.0, 7.5, 1000.25]),
        (["$5", "-$7.50", "$1,000.25"], [5.0, -7.5, 1000.25]),
        (["EUR 5", "7 €", "8"], [5.0, 7.0, 8.0]),
        (["CHF 1'234.50", "5.–", "6"], [1234.5, 5.0, 6.0]),
        (["12 %", "57%", "0.5%"], [0.12, 0.57, 0.005]),
        (["12%", "0", "3%"], [0.12, 0.0, 0.03]),
        (["5 kg", "7.5kg", "8 kg"], [5.0, 7.5, 8.0]),
        (["−5", "(7.5)", "8-"], [-5.0, -7.5, -8.0]),
        (["1e3", "2.5E-2", "+7"], [1000.0, 0.025, 7.0]),
        ([".5", "1.", "2"], [0.5, 1.0, 2.0]),
        (["1.234", "2", "3.5"], [1.234, 2.0, 3.5]),
        (["1.234", "2.345", "3.456"], [1.234, 2.345, 3.456]),
        (["1,234", "2,345", "1234,5"], [1.234, 2.345, 1234.5]),
        (["0,123", "2,345", "3,456"], [0.123, 2.345, 3.456]),
    ],
)
def test_numbers_are_read_as_people_write_them(cells: list[str], values: list[float]) -> None:
    assert column(numbered(cells)) == pytest.approx(values, abs=1e-12)


def test_a_lone_mark_before_three_digits_is_read_as_in_the_rest_of_the_file() -> None:
    german = "a;b;row\n1.234;1,5;0\n2.345;2,5;1\n"
    assert column(german) == [1234.0, 2345.0]
    assert column(german.replace(",", ".")) == [1.234, 2.345]
    assert column(numbered(["1,234", "2,345", "12"], ";")) == [1.234, 2.345, 12.0]
    quoted = 'a,row\n"1,234",0\n"2,345",1\n"12",2\n'
    assert column(quoted) == [1234.0, 2345.0, 12.0]
    assert "decimal overrules it" in told(from_csv(quoted))


def test_decimal_mark_and_thousands_can_be_said_for_all_columns_or_one() -> None:
    quoted = 'a,row\n"1,234",0\n"2,345",1\n"12",2\n'
    assert column(quoted, decimal=",") == [1.234, 2.345, 12.0]
    assert column(quoted, decimal={"a": ","}) == [1.234, 2.345, 12.0]
    assert column(quoted, thousands=",") == [1234.0, 2345.0, 12.0]
    assert "line 2, column a: '1,5' is not a number with a decimal point" in refused(
        "a;y\n1,5;0\n2,5;1\n", decimal="."
    )


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["1.5", "2,5", "3.5"], "line 3, column a: '2,5' is not a number with a decimal point"),
        (["$5", "$6", "€7"], "line 4, column a: '€7' is not a number with the unit '$'"),
        (["5%", "6%", "7"], "line 4, column a: '7' is not a number with the unit '%'"),
        (["5 kg", "6 kg", "700 g"], "line 4, column a: '700 g' is not a number with the unit 'kg'"),
        (["1.5", "inf", "2"], "line 3, column a: 'inf' is not a finite number"),
        (["1.5", "1e999", "2"], "line 3, column a: '1e999' is not a finite number"),
        (["1.5", "abc", "2"], "line 3, column a: 'abc' is not a number; 2 of 3 cells"),
        (
            ["2024-01-31", "2024-02-30", "2024-03-01"],
            "line 3, column a: '2024-02-30' is not a date",
        ),
    ],
)
def test_a_cell_unlike_the_others_is_named(cells: list[str], message: str) -> None:
    assert message in refused(numbered(cells))
    swapped = "\n".join(";".join(reversed(row.split(";"))) for row in numbered(cells).split("\n"))
    assert message in refused(swapped)


@given(
    st.lists(st.decimals(-1e6, 1e6, places=2), min_size=4, max_size=30),
    st.sampled_from([(".", ","), (",", "."), (",", " "), (".", "'"), (".", "")]),
    st.sampled_from(["", " €", "$"]),
)
@settings(max_examples=60, deadline=None)
def test_every_format_gives_the_same_numbers(
    numbers: list[Any], marks: tuple[str, str], unit: str
) -> None:
    table = str.maketrans({".": marks[0], ",": marks[1]})
    cells = [f"{number:,.2f}".translate(table) for number in numbers]
    cells = [f"{unit}{cell}" if unit == "$" else f"{cell}{unit}" for cell in cells]
    assert column(numbered(cells)) == [float(number) for number in numbers]


# Words, dates, booleans ---------------------------------------------------------------------------


def test_words_become_one_input_each_and_stay_zero_or_one() -> None:
    data = from_csv("color,age,y\nred,1,0\nblue,2,1\nred,3,0\ngreen,4,1\n")
    assert data.feature_names == ("color = blue", "color = green", "color = red", "age")
    points = np.concatenate([data.train.points, data.test.points])
    order = np.argsort(points[:, 3])
    np.testing.assert_array_equal(points[order, :3], np.eye(3)[[2, 0, 2, 1]])
    np.testing.assert_array_equal(data.train.inputs[:, :3], data.train.points[:, :3])
    np.testing.assert_array_equal(data.transform(data.test.points), data.test.inputs)


def test_names_of_the_rows_are_left_out_unless_asked_for() -> None:
    text = "name,age,y\n" + "\n".join(f"n{i},{i},{i % 2}" for i in range(40))
    data = from_csv(text)
    assert data.feature_names == ("age",)
    assert "column 'name' (left out): 40 different words in 40 cells" in told(data)
    assert len(from_csv(text, categories=["name"]).feature_names) == 41


def test_codes_of_digits_can_be_words_and_words_numbers() -> None:
    text = "zip,y\n01234,0\n05678,1\n01234,0\n05678,1\n"
    assert from_csv(text, categories=["zip"]).feature_names == ("zip = 01234", "zip = 05678")
    assert "'x' is not a number" in refused("a,y\nx,0\n1,1\nx,0\n", numbers=["a"])


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["2024-01-31", "2024-02-01", "2023-12-31"], [31, 32, 0]),
        (["31.01.2024", "1.2.2024", "31.12.2023"], [31, 32, 0]),
        (["31/01/2024", "01/02/2024", "31/12/2023"], [31, 32, 0]),
        (["01/31/2024", "02/01/2024", "12/31/2023"], [31, 32, 0]),
        (["01.02.2024", "02.02.2024", "03.02.2024"], [0, 1, 2]),
        (["1 Jan 2024", "3 Jan 2024", "Jan 4, 2024"], [0, 2, 3]),
        (["2024-01", "2024-02", "2024-03"], [0, 31, 60]),
        (["2024-01-01T12:00:00Z", "2024-01-01 18:00", "2024-01-02"], [0, 0.25, 0.5]),
    ],
)
def test_dates_are_days(cells: list[str], days: list[float]) -> None:
    assert column(numbered(cells)) == pytest.approx(days)


def test_which_of_two_numbers_is_the_day_can_be_said() -> None:
    text = numbered(["01/02/2024", "02/02/2024", "03/02/2024"])
    assert column(text) == [0, 31, 60]
    assert "month first (the cells do not show it: day_first" in told(from_csv(text))
    assert column(text, day_first=True) == [0, 1, 2]


def test_booleans_are_one_input_and_as_a_target_classes() -> None:
    data = from_csv("smokes,y\nyes,1.5\nno,2.5\nYes,3.5\n", standardise=False)
    assert data.feature_names == ("smokes = yes",)
    assert column("b;row\nTRUE;0\nFALSE;1\nTRUE;2\n") == [1.0, 0.0, 1.0]
    assert from_csv("a,b\n1,True\n2,False\n3,True\n").class_names == ("False", "True")


# Targets -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "task"),
    [
        ([str(3 + i % 6) for i in range(60)], "classification"),
        ([str(i % 2) for i in range(60)], "classification"),
        ([f"{i % 2}.0" for i in range(60)], "classification"),
        ([str(i) for i in range(15)], "regression"),
        ([str(i * 3 % 97) for i in range(60)], "regression"),
        ([f"{i % 3}.5" for i in range(60)], "regression"),
        ([f"{i % 3} €" for i in range(60)], "regression"),
        ([f"2024-01-{1 + i % 9:02}" for i in range(60)], "regression"),
    ],
)
def test_the_task_is_what_the_target_shows(cells: list[str], task: str) -> None:
    data = from_csv(prices(cells))
    assert data.task == task
    assert f"task={task!r}" in told(data)


def test_classes_of_numbers_are_in_their_order_and_named_as_written() -> None:
    data = from_csv(prices([str(1 + i % 12) for i in range(60)]))
    assert data.class_names == tuple(str(number) for number in range(1, 13))
    assert from_csv(prices(["01", "1", "02", "02"] * 9)).class_names == ("1", "02")


def test_a_target_of_names_is_neither_numbers_nor_classes() -> None:
    text = prices([f"w{i}" for i in range(40)])
    assert "line 2, column price: 'w0' is not a number or a class: 40 of 40" in refused(text)
    assert len(from_csv(text, task="classification").class_names) == 40


def test_several_targets_make_a_regression() -> None:
    text = "a,b,c\n1,10,3.5\n2,30,4.5\n3,,9.5\n4,20,7.5\n"
    data = from_csv(text, targets=["b", "c"], standardise=False)
    assert (data.task, data.target_names, data.target_name) == ("regression", ("b", "c"), "b, c")
    rows = np.concatenate([data.train.targets, data.test.targets])
    assert sorted(rows.tolist()) == [[10.0, 3.5], [20.0, 7.5], [30.0, 4.5]]
    assert from_csv(text, target=0).feature_names == ("b", "c")
    assert from_csv(text, target=-2).target_name == "b"


# Rows, names, separators --------------------------------------------------------------------------

IRIS = "5.1,3.5,setosa\n4.9,3.0,setosa\n7.0,3.2,versicolor\n6.4,3.2,versicolor\n"


@pytest.mark.parametrize(
    "text",
    [
        IRIS,
        "1,2,3\n2,4,6\n3,6,9\n",
        "1,5;2,5\n3,5;4,5\n5,5;6,5\n",
        "red,round,apple\nyellow,long,banana\nred,round,apple\n",
        "?,3.5,a\n4.9,3.0,b\n7.0,3.2,a\n",
    ],
)
def test_a_file_without_names_keeps_its_first_row(text: str) -> None:
    data = from_csv(text)
    assert data.report is not None
    assert data.report.rows == text.count("\n")
    assert data.feature_names[0].startswith("x1")
    assert "header=False" in told(data)


@pytest.mark.parametrize(
    "text",
    [
        "x,y\n1,2\n3,4\n5,6.5\n",
        "a,b\nyes,1\nno,2\nyes,3\n",
        "RI,Na,Type\n1.5,13.6,1\n1.4,13.1,2\n1.6,13.2,1\n",
        "country,2019,2020\nA,5.1,6.2\nB,5.2,6.3\n",
        "0,1,2\n2.5,4,6\n3,6.5,9\n",
        "name,color\nann,red\nbob,blue\ncid,red\ndan,blue\n",
    ],
)
def test_a_first_row_of_names_is_seen(text: str) -> None:
    data = from_csv(text)
    assert "header=True" in told(data)
    assert data.report is not None
    assert data.report.columns[0].name == text.partition(",")[0]


def test_the_header_can_be_said_and_names_given() -> None:
    assert from_csv(IRIS, header=True).feature_names == ("5.1", "3.5")
    assert from_csv("1,2\n3,4\n", header=False).target_name == "x2"
    named = from_csv(IRIS, names=["length", "width", "kind"])
    assert (named.feature_names, named.target_name) == (("length", "width"), "kind")
    assert len(from_csv("1,1\n1,2\n1,1\n1,2\n", target="x2").train) == 2


@pytest.mark.parametrize(
    ("text", "separator", "names"),
    [
        ("Price, EUR;Size, m2;y\n1;2;a\n3;4;b\n5;6;a\n", ";", ("Price, EUR", "Size, m2")),
        ("a;b;y\n1,5;2,5;0\n3,5;4,5;1\n", ";", ("a", "b")),
        ("name, first|age, years|y\nDoe, A|1|0\nDoe, B|2|1\nDoe, B|3|1\n", "|", ("age, years",)),
        ("a\tb\ty\n1,5\t2\t0\n3,5\t4\t1\n", "\t", ("a", "b")),
        ("a b y\n1  2   0\n3  4   1\n", " ", ("a", "b")),
        ('"a,b",y\n1,0\n2,1\n', ",", ("a,b",)),
        ("sep=;\na;y\n1;0\n2;1\n", ";", ("a",)),
        ("a;b,c;y\n1;2;0\n3;4;1\n", ";", ("a", "b,c")),
        ("a;k;b;y\n1,5;u;p;0,5 €\n2,5;v;q;7,0 €\n3,5;u;p;1,5 €\n", ";", ("a",)),
    ],
)
def test_the_separator_is_the_one_that_makes_a_table(
    text: str, separator: str, names: tuple[str, ...]
) -> None:
    data = from_csv(text)
    assert f"separator={separator!r}" in told(data)
    assert tuple(name for name in data.feature_names if " = " not in name) == names
    again = from_csv(text.removeprefix("sep=;\n"), separator=separator)
    assert again.feature_names == data.feature_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("My table\na,b,y\n1,2,0\n3,4,1\n", ("a", "b")),
        ("# from the laboratory\na,b,y\n1,2,0\n3,4,1\n", ("a", "b")),
        ("a,b,y,\n1,2,0,\n3,4,1,\n", ("a", "b")),
        (",a,b,y\n0,1,2,0\n1,3,4,1\n", ("a", "b")),
        ("a,b,y\n0,1,2,0\n1,3,4,1\n", ("a", "b")),
        ("a,b,y\r1,2,0\r3,4,1\r", ("a", "b")),
        ('a,b,y\n1,"2\n",0\n3,4,1\n', ("a", "b")),
        ('a, b, y\n1, "2", 0\n\n3, 4, 1\n', ("a", "b")),
    ],
)
def test_titles_row_numbers_and_spare_separators_are_no_columns(
    text: str, names: tuple[str, ...]
) -> None:
    data = from_csv(text)
    assert (data.feature_names, data.target_name) == (names, "y")
    assert len(data.train) + len(data.test) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3,4,5\n6,7\n", "line 3: '3 cells' is not 2 cells, one for each name in line 1"),
        ("a,b\n1,2\n3\n6,7\n", "line 3: '1 cell' is not 2 cells"),
        ('a,b\n1,"x\nz"\n2,y\n3,q,r\n', "line 5: '3 cells' is not 2 cells"),
        ("a,a,y\n1,2,0\n3,4,1\n", "line 1, column 2: 'a' is not a name different from the others"),
        ("a,,y\n1,2,0\n3,2,1\n", "line 1, column 2: '' is not a name different from the others"),
        ('a,b\n1,"x\n2,y\n', "line 2: '1,\"x' is not a row whose quotation marks are closed"),
        ("a;b\n1,2\n3,4\n", "line 2: '2 cells' is not 1 cell"),
    ],
)
def test_rows_and_names_that_do_not_fit_are_named(text: str, message: str) -> None:
    assert message in refused(text)


# Encodings and sources ----------------------------------------------------------------------------

UMLAUTS = "größe,b,y\n1,2,a\n3,4,b\n"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
    ],
)
def test_encodings_and_every_kind_of_source(written: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(UMLAUTS.encode(written))
    with file.open("rb") as opened:
        sources: list[Any] = [
            file,
            str(file),
            file.read_bytes(),
            opened,
            io.BytesIO(file.read_bytes()),
        ]
        for source in sources:
            data = from_csv(source)
            assert data.feature_names == ("größe", "b")
            assert f"encoding={said!r}" in told(data)
    with file.open(encoding=written) as text:
        assert from_csv(text).feature_names == ("größe", "b")
    assert from_csv(file, encoding=written).feature_names == ("größe", "b")


def test_an_encoding_that_does_not_fit_is_said() -> None:
    content = UMLAUTS.encode("cp1252")
    assert refused(content, encoding="utf-8") == (
        "data.encoding: 'utf-8' is not that of the file: byte 0xf6 in line 1 does not fit it"
    )
    assert "'klingon' is not the name of an encoding" in refused(content, encoding="klingon")
    assert "pass encoding=" in refused(b"a,b\n\x811,2\n3,4\n")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("prices.csv", "'prices.csv' is not a file that exists"),
        (Path("prices.csv"), "'prices.csv' is not a file that exists"),
        ("https://host/prices.csv", "is not a file; download it, and pass its path"),
        ("", "'' is not a table or a path: it is empty"),
        (b"", "'0 rows' is not a table"),
        (b"PK\x03\x04...", "'a zip archive or an Excel workbook' is not a text file"),
        (b"a,b\n1,\x002\n" * 9, "'a file with zero bytes' is not a text file"),
        ("<!DOCTYPE html>\n<html>\n", "is not a table, but a web page or XML"),
        (None, "'NoneType' is not a path, a text, bytes or an open file"),
        ([[1, 2]], "'list' is not a path, a text, bytes or an open file"),
    ],
)
def test_what_is_no_table_is_refused_in_words(source: Any, message: str) -> None:
    assert message in refused(source)


def test_a_folder_and_a_closed_file_are_refused_in_words(tmp_path: Path) -> None:
    assert "is not a file, but a folder" in refused(tmp_path)
    closed = io.StringIO(UMLAUTS)
    closed.close()
    assert "'the file' is not open for reading" in refused(closed)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"separator": "::"}, "data.separator: '::' is not one character"),
        ({"decimal": "comma"}, "data.decimal: 'comma' is not '.' or ','"),
        ({"decimal": {"z": ","}}, "data.decimal: 'z' is not one of a, b, y"),
        ({"decimal": ",", "thousands": ","}, "data.decimal: ',' is not different from"),
        ({"thousands": "x"}, "data.thousands: 'x' is not"),
        ({"missing": "median"}, "data.missing: 'median' is not one of drop, mean, category, error"),
        ({"missing": {"z": "mean"}}, "data.missing: 'z' is not one of a, b, y"),
        ({"missing_values": "NA"}, "data.missing_values: 'NA' is not a list"),
        ({"categories": "a"}, "data.categories: 'a' is not a list of names of columns"),
        ({"categories": ["z"]}, "data.categories: 'z' is not one of a, b, y"),
        ({"numbers": ["z"]}, "data.numbers: 'z' is not one of a, b, y"),
        ({"ignore": "a"}, "data.ignore: 'a' is not a list of names of columns"),
        ({"header": "yes"}, "data.header: 'yes' is not True, False or None"),
        ({"names": ["p", "q"]}, "data.names: ['p', 'q'] is not a list of 3 different names"),
        ({"target": 3}, "data.target: 3 is not a position in -3..2"),
        ({"target": "z"}, "data.target: 'z' is not one of a, b, y"),
        ({"targets": ["a", 0]}, "data.targets: ['a', 0] is not a list of different columns"),
        ({"target": "a", "targets": ["b"]}, "data.target: 'a' is not given together with"),
        ({"targets": ["a", "b"], "task": "classification"}, "data.task: 'classification' is not"),
        ({"day_first": "yes"}, "data.day_first: 'yes' is not"),
        ({"ignore": ["a", "b"]}, "a table with a column beside the target"),
    ],
)
def test_arguments_that_cannot_be_used_are_named(options: dict[str, Any], message: str) -> None:
    assert message in refused("a,b,y\n1,2,x\n3,4,y\n", **options)


def test_every_decision_is_reported_with_the_argument_that_overrules_it() -> None:
    text = "größe;kind;price\n1,5;u;10,5 €\n2,5;v;?\n3,5;u;12,5 €\n4,5;u;1.000,5 €\n"
    data = from_csv(text.encode("cp1252"))
    assert data.report is not None
    *lines, price = data.report.lines
    assert lines == [
        "3 of 4 rows are samples, not line 3",
        "encoding='cp1252': line 1 is not UTF-8, so it is taken for Windows-1252",
        "separator=';': 5 of 5 rows have 3 cells between semicolons",
        "header=True: the first row has words above 2 columns of another kind",
        "task='regression': 3 different numbers in 3 rows",
        "column 'größe' (input): numbers with a decimal comma",
        "column 'kind' (input): 1 different word, one-hot, all the same: nothing to learn from",
    ]
    assert price == (
        "column 'price' (target): numbers with a decimal comma and thousands separated by '.' in €"
        "; 1 of 4 cells is missing ('?')"
    )


CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "1",
            "2.5",
            "1,5",
            "NA",
            "?",
            "-",
            "yes",
            "no",
            "a",
            "$5",
            "5 %",
            "2024-01-31",
            '"',
            "inf",
        ]
    ),
    st.text("019.,-/:e% €'\"ab\t", max_size=6),
)


@pytest.mark.slow
@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=7),
    st.sampled_from([",", ";", "\t", " ", "|"]),
    st.sampled_from([None, "drop", "mean", "category", "error"]),
    st.sampled_from([None, True, False]),
)
@settings(max_examples=100, deadline=None)
def test_any_table_is_finite_numbers_or_an_error_in_words(
    rows: list[list[str]], separator: str, missing: Any, header: bool | None
) -> None:
    text = "\n".join(separator.join(row) for row in rows)
    try:
        data = from_csv(text.encode(), missing=missing, header=header)
    except DescriptionError:
        return
    for part in (data.train, data.test):
        assert np.isfinite(part.inputs).all()
        assert np.isfinite(part.targets).all()
        assert part.inputs.shape[1] == len(data.feature_names)
    assert data.report is not None
    assert data.report.used + len(data.report.dropped) == data.report.rows
