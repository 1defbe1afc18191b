import ProgressBusTesting
import Testing

/// The tests of the running binary against real servers. One at a time: each keeps several processes
/// busy, and side by side they would only measure each other.
@Suite(.serialized, .tags(.servers)) enum EndToEnd {}
