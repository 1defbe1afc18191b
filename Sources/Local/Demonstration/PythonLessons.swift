/// A beginners' course in Python, with the mistakes that beginners make.
enum PythonLessons {
  static let all = [loops, dictionaries, tables]

  private static let loops = Lesson(
    title: "loops",
    cells: [
      LessonCell(
        "warm-up", effort: 50, difficulty: 0.12,
        CellFault("SyntaxError", "unterminated string literal (detected at line 1)")),
      LessonCell(
        "first-list", effort: 70, difficulty: 0.2,
        CellFault("SyntaxError", "invalid syntax. Perhaps you forgot a comma?"),
        CellFault("NameError", "name 'tokyo' is not defined")),
      LessonCell(
        "for-loop", effort: 100, difficulty: 0.35,
        CellFault("IndentationError", "expected an indented block after 'for' statement"),
        CellFault("SyntaxError", "expected ':'")),
      LessonCell(
        "range", effort: 90, difficulty: 0.25,
        CellFault("TypeError", "'list' object cannot be interpreted as an integer")),
      LessonCell(
        "running-total", effort: 130, difficulty: 0.45, exercise: "Running total",
        CellFault("NameError", "name 'total' is not defined"),
        CellFault("TypeError", "unsupported operand type(s) for +: 'int' and 'str'")),
      LessonCell(
        "while-loop", effort: 120, difficulty: 0.35, milliseconds: 40,
        CellFault("NameError", "name 'count' is not defined"),
        .interrupted),
      LessonCell(
        "nested-loops", effort: 160, difficulty: 0.5,
        CellFault("IndexError", "list index out of range"),
        CellFault("IndentationError", "unindent does not match any outer indentation level")),
      LessonCell(
        "enumerate", effort: 100, difficulty: 0.3,
        CellFault("TypeError", "'enumerate' object is not subscriptable"),
        CellFault("ValueError", "too many values to unpack (expected 2)")),
      LessonCell(
        "comprehension", effort: 140, difficulty: 0.42,
        CellFault("SyntaxError", "did you forget parentheses around the comprehension target?"),
        CellFault("NameError", "name 'x' is not defined")),
      LessonCell(
        "fizz-buzz", effort: 150, difficulty: 0.45, exercise: "FizzBuzz",
        CellFault("AssertionError", "fizz_buzz(15) should be 'FizzBuzz'"),
        CellFault("TypeError", "not all arguments converted during string formatting")),
      LessonCell(
        "primes", effort: 160, difficulty: 0.5, milliseconds: 350, exercise: "Primes",
        CellFault("AssertionError", "9 is not a prime number"),
        CellFault("ZeroDivisionError", "integer modulo by zero")),
      LessonCell(
        "plot", effort: 90, difficulty: 0.2, milliseconds: 420,
        CellFault("NameError", "name 'plt' is not defined"),
        CellFault("ValueError", "x and y must have same first dimension")),
    ])

  private static let dictionaries = Lesson(
    title: "dictionaries",
    cells: [
      LessonCell(
        "warm-up", effort: 50, difficulty: 0.1, CellFault("SyntaxError", "'{' was never closed")),
      LessonCell(
        "look-up", effort: 80, difficulty: 0.35, CellFault("KeyError", "'Osaka'"),
        CellFault("TypeError", "unhashable type: 'list'")),
      LessonCell(
        "change", effort: 80, difficulty: 0.2,
        CellFault("TypeError", "'tuple' object does not support item assignment")),
      LessonCell(
        "get-with-default", effort: 100, difficulty: 0.3, CellFault("KeyError", "'Nagoya'")),
      LessonCell(
        "iterate", effort: 120, difficulty: 0.4,
        CellFault("ValueError", "too many values to unpack (expected 2)"),
        CellFault("RuntimeError", "dictionary changed size during iteration")),
      LessonCell(
        "count-words", effort: 180, difficulty: 0.5, milliseconds: 60, exercise: "Count words",
        CellFault("KeyError", "'the'"),
        CellFault("AttributeError", "'list' object has no attribute 'split'")),
      LessonCell(
        "invert", effort: 140, difficulty: 0.42, exercise: "Invert a dictionary",
        CellFault("TypeError", "unhashable type: 'list'"), CellFault("KeyError", "0")),
      LessonCell(
        "nested", effort: 170, difficulty: 0.48, CellFault("KeyError", "'population'"),
        CellFault("TypeError", "string indices must be integers, not 'str'")),
      LessonCell(
        "merge", effort: 110, difficulty: 0.25,
        CellFault("TypeError", "unsupported operand type(s) for +: 'dict' and 'dict'")),
      LessonCell(
        "read-json", effort: 190, difficulty: 0.4, milliseconds: 90, exercise: "Read JSON",
        CellFault("FileNotFoundError", "[Errno 2] No such file or directory: 'cities.json'"),
        CellFault("JSONDecodeError", "Expecting value: line 1 column 1 (char 0)")),
    ])

  private static let tables = Lesson(
    title: "tables",
    cells: [
      LessonCell(
        "import", effort: 40, difficulty: 0.08, milliseconds: 900,
        CellFault("ModuleNotFoundError", "No module named 'panda'")),
      LessonCell(
        "read-csv", effort: 90, difficulty: 0.3, milliseconds: 120,
        CellFault("FileNotFoundError", "[Errno 2] No such file or directory: 'weather.csv'")),
      LessonCell(
        "select-columns", effort: 110, difficulty: 0.4, CellFault("KeyError", "'temprature'"),
        CellFault("NameError", "name 'temperature' is not defined")),
      LessonCell(
        "filter-rows", effort: 150, difficulty: 0.5, milliseconds: 25, exercise: "Warm days",
        CellFault("ValueError", "The truth value of a Series is ambiguous."),
        CellFault("TypeError", "'>' not supported between instances of 'str' and 'int'")),
      LessonCell(
        "new-column", effort: 130, difficulty: 0.35, milliseconds: 20,
        CellFault("ValueError", "Length of values (364) does not match length of index (365)")),
      LessonCell(
        "missing-values", effort: 150, difficulty: 0.38, milliseconds: 25,
        CellFault("ValueError", "cannot convert float NaN to integer")),
      LessonCell(
        "group", effort: 190, difficulty: 0.52, milliseconds: 70, exercise: "Means by month",
        CellFault("KeyError", "'month'"),
        CellFault("TypeError", "agg function failed [how->mean,dtype->object]")),
      LessonCell(
        "sort", effort: 90, difficulty: 0.2, milliseconds: 15,
        CellFault("AttributeError", "'DataFrame' object has no attribute 'sort'")),
      LessonCell(
        "join", effort: 200, difficulty: 0.48, milliseconds: 110,
        CellFault("MergeError", "No common columns to perform merge on."),
        CellFault("KeyError", "'station'")),
      LessonCell(
        "chart", effort: 150, difficulty: 0.3, milliseconds: 650,
        CellFault("TypeError", "no numeric data to plot")),
      LessonCell(
        "report", effort: 180, difficulty: 0.3, milliseconds: 200, exercise: "The warmest month",
        CellFault("AssertionError", "the warmest month should be August")),
    ])
}
