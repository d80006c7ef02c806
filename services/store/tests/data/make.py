"""Writes the datasets of this folder that no writer in Rust is at hand for. Needs pyarrow; the tests need only its output.

Usage: python3 make.py
"""

import pyarrow
import pyarrow.parquet as parquet

ROWS = 3
TYPES = {
    "meter": pyarrow.uint32(),
    "point": pyarrow.uint32(),
    "interval": pyarrow.uint32(),
    "import": pyarrow.uint64(),
    "export": pyarrow.uint64(),
    "import_varh": pyarrow.int64(),
    "export_varh": pyarrow.int64(),
    "quality": pyarrow.int32(),
    "salt": pyarrow.binary(16),
    "signature": pyarrow.binary(64),
}


def column(name):
    values = {
        "meter": [1, 2, 3],
        "point": [1, 2, 3],
        "interval": [46] * ROWS,
        "import": [0, 100, 200],
        "export": [0, 0, 7],
        "import_varh": [0, -1, 2],
        "export_varh": [-3] * ROWS,
        "quality": [0] * ROWS,
        "salt": [bytes([row]) * 16 for row in range(ROWS)],
        "signature": [bytes([row + 1]) * 64 for row in range(ROWS)],
    }
    return values[name]


def write(name, nullable=False, **options):
    schema = pyarrow.schema(
        [pyarrow.field(column, kind, nullable=nullable) for column, kind in TYPES.items()],
        metadata={
            "busbar.operator": "00112233445566778899aabbccddeeff",
            "busbar.interval": "46",
            "busbar.version": "1",
        },
    )
    table = pyarrow.table([pyarrow.array(column(field.name), field.type) for field in schema], schema=schema)
    settings = {"compression": "none", "use_dictionary": False} | options
    parquet.write_table(table, name, **settings)


for codec in ("gzip", "zstd", "lz4", "brotli"):
    write(f"{codec}.parquet", compression=codec)
write("nullable.parquet", nullable=True)
write("dictionary.parquet", use_dictionary=True)
write("numbers-by-dictionary.parquet", use_dictionary=list(TYPES)[:8])
write(
    "streams-split.parquet",
    column_encoding={"import": "DELTA_BINARY_PACKED", "salt": "BYTE_STREAM_SPLIT", "signature": "BYTE_STREAM_SPLIT"},
    data_page_version="2.0",
)
write("salts-by-prefix.parquet", column_encoding={"salt": "DELTA_BYTE_ARRAY"})
write("old-version.parquet", version="1.0")
