"""The limits of a ProgressBus server, which the client keeps so that nothing comes back refused."""

#: Bytes of a request's body, before compression.
MAXIMUM_BODY_BYTES = 1024 * 1024
#: Events of one request.
MAXIMUM_EVENTS = 1_000
#: Bytes of one encoded event.
MAXIMUM_EVENT_BYTES = 64 * 1024

#: Bytes in UTF-8 of the text fields that are keys in the server's database.
TEXT_BYTES = {"notebook_path": 1024}

#: Unicode scalars of each text field of an event.
TEXT_LENGTHS = {
    "student_id": 128,
    "student_name": 256,
    "course_id": 128,
    "team": 128,
    "session_id": 128,
    "notebook_path": 1024,
    "cell_id": 128,
    "error_name": 256,
    "error_message": 4096,
    "exercise_id": 128,
    "label": 256,
    "checker": 256,
    "answer": 4096,
    "code": 65_536,
}
