import ProgressBusTesting
import Testing

/// The mirror in the running program. One test at a time: each keeps several processes busy.
@Suite(.serialized, .tags(.servers)) enum MirrorEndToEnd {}
