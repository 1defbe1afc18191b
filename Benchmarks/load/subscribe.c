// Opens WebSocket subscribers and counts the events that reach them.
//
//   subscribe PORT PATH SUBSCRIBERS EVENTS_EACH SECONDS THREADS [latency]
//
// Prints `ready` once every handshake is done; ends when every subscriber has its events, or after
// SECONDS, and prints what came as JSON. An event is an "event_id" inside a text frame, so a frame may
// hold several. With `latency`, every event's "sent_ns" (CLOCK_REALTIME) is compared with the time at
// which its bytes were read.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { initial_capacity = 64 * 1024, largest_header = 10 };

typedef struct {
  int descriptor;
  uint8_t *bytes;
  size_t length, capacity;
  long events;
} subscriber;

// Each thread owns every THREADS-th subscriber, from its own number on.
typedef struct {
  int number, closed;
  long frames;
  uint64_t last_ns;
  uint64_t *latencies;
  size_t latency_count, latency_capacity;
} reader;

static int port, subscriber_count, thread_count;
static const char *path;
static long events_each;
static bool measures_latency;
static uint64_t deadline_ns;
static subscriber *subscribers;
static atomic_int unfinished;

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void *required(void *memory) {
  if (!memory) fail("out of memory");
  return memory;
}

static void open_subscriber(subscriber *it) {
  it->descriptor = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(it->descriptor, (struct sockaddr *)&address, sizeof address)) fail("connect");
  char request[512];
  // The key is the example of RFC 6455, 1.3.
  int length = snprintf(
      request, sizeof request,
      "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Origin: http://127.0.0.1:%d\r\n\r\n",
      path, port, port);
  if (write(it->descriptor, request, (size_t)length) != length) fail("write");

  it->capacity = initial_capacity;
  it->bytes = required(malloc(it->capacity));
  uint8_t *end = NULL;
  while (!end) {
    ssize_t count = read(it->descriptor, it->bytes + it->length, it->capacity - it->length);
    if (count <= 0) fail("closed during the handshake");
    it->length += (size_t)count;
    end = memmem(it->bytes, it->length, "\r\n\r\n", 4);
  }
  if (!memmem(it->bytes, (size_t)(end - it->bytes), " 101 ", 5)) {
    fprintf(stderr, "no upgrade: %.*s\n", (int)(end - it->bytes), (char *)it->bytes);
    exit(1);
  }
  it->length -= (size_t)(end + 4 - it->bytes);
  memmove(it->bytes, end + 4, it->length);
  fcntl(it->descriptor, F_SETFL, O_NONBLOCK);
}

static void note_latency(reader *thread, const uint8_t *from, size_t length, uint64_t read_ns) {
  const uint8_t *found = memmem(from, length, "\"sent_ns\":", 10);
  if (!found || thread->latency_count == thread->latency_capacity) return;
  uint64_t sent_ns = strtoull((const char *)found + 10, NULL, 10);
  thread->latencies[thread->latency_count++] = read_ns > sent_ns ? read_ns - sent_ns : 0;
}

static long count_events(reader *thread, const uint8_t *text, size_t length, uint64_t read_ns) {
  static const char mark[] = "\"event_id\"";
  const uint8_t *end = text + length, *found = text;
  long events = 0;
  while ((found = memmem(found, (size_t)(end - found), mark, sizeof mark - 1))) {
    events++;
    found += sizeof mark - 1;
    if (measures_latency) note_latency(thread, found, (size_t)(end - found), read_ns);
  }
  return events;
}

// Takes the whole frames out of what a subscriber has read (RFC 6455, 5.2; servers do not mask).
static void take_frames(reader *thread, subscriber *it, uint64_t read_ns) {
  size_t position = 0;
  long before = it->events;
  while (it->length - position >= 2) {
    const uint8_t *frame = it->bytes + position;
    size_t header = 2, available = it->length - position;
    uint64_t payload = frame[1] & 127;
    if (payload >= 126) {
      size_t extended = payload == 126 ? 2 : 8;
      header += extended;
      if (available < header) break;
      payload = 0;
      for (size_t index = 0; index < extended; index++) payload = payload << 8 | frame[2 + index];
    }
    if (available < header + payload) break;
    // Opcodes: 0 goes on with a fragmented message, 1 is text.
    if ((frame[0] & 15) <= 1) {
      it->events += count_events(thread, frame + header, payload, read_ns);
      thread->frames++;
    }
    position += header + payload;
  }
  memmove(it->bytes, it->bytes + position, it->length - position);
  it->length -= position;
  if (it->events > before) thread->last_ns = read_ns;
  if (before < events_each && it->events >= events_each) atomic_fetch_sub(&unfinished, 1);
}

static bool read_some(reader *thread, subscriber *it) {
  for (;;) {
    // One byte stays free, so that a number at the end is followed by something.
    if (it->length + 1 >= it->capacity) {
      it->capacity *= 2;
      it->bytes = required(realloc(it->bytes, it->capacity));
    }
    size_t room = it->capacity - 1 - it->length;
    ssize_t count = read(it->descriptor, it->bytes + it->length, room);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    it->length += (size_t)count;
    it->bytes[it->length] = 0;
    take_frames(thread, it, now_ns());
    if ((size_t)count < room) return true;
  }
}

static void *read_all(void *argument) {
  reader *thread = argument;
  int poller = epoll_create1(0);
  for (int index = thread->number; index < subscriber_count; index += thread_count) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &subscribers[index]};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, subscribers[index].descriptor, &event)) fail("epoll_ctl");
  }
  struct epoll_event events[512];
  while (atomic_load(&unfinished) > 0 && now_ns() < deadline_ns) {
    int count = epoll_wait(poller, events, 512, 50);
    for (int index = 0; index < count; index++) {
      subscriber *it = events[index].data.ptr;
      if (read_some(thread, it)) continue;
      thread->closed++;
      if (it->events < events_each) atomic_fetch_sub(&unfinished, 1);
      close(it->descriptor);
    }
  }
  close(poller);
  return NULL;
}

static int ascending(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return a < b ? -1 : a > b;
}

static void report(reader *readers) {
  long total = 0, fewest = subscribers[0].events, most = 0, frames = 0;
  for (int index = 0; index < subscriber_count; index++) {
    long events = subscribers[index].events;
    total += events;
    if (events < fewest) fewest = events;
    if (events > most) most = events;
  }
  int closed = 0;
  uint64_t last_ns = 0;
  size_t latency_count = 0;
  for (int index = 0; index < thread_count; index++) {
    closed += readers[index].closed;
    frames += readers[index].frames;
    if (readers[index].last_ns > last_ns) last_ns = readers[index].last_ns;
    latency_count += readers[index].latency_count;
  }
  printf(
      "{\"events\":%ld,\"fewest\":%ld,\"most\":%ld,\"frames\":%ld,\"closed\":%d,\"last_ns\":%llu",
      total, fewest, most, frames, closed, (unsigned long long)last_ns);
  if (latency_count > 0) {
    uint64_t *all = required(malloc(latency_count * sizeof *all));
    size_t filled = 0;
    for (int index = 0; index < thread_count; index++) {
      memcpy(
          all + filled, readers[index].latencies, readers[index].latency_count * sizeof *all);
      filled += readers[index].latency_count;
    }
    qsort(all, filled, sizeof *all, ascending);
    printf(
        ",\"p50_ms\":%.3f,\"p99_ms\":%.3f", (double)all[filled / 2] / 1e6,
        (double)all[filled * 99 / 100] / 1e6);
  }
  printf("}\n");
}

int main(int count, char **arguments) {
  if (count < 7) {
    fprintf(
        stderr, "usage: subscribe PORT PATH SUBSCRIBERS EVENTS_EACH SECONDS THREADS [latency]\n");
    return 2;
  }
  port = atoi(arguments[1]);
  path = arguments[2];
  subscriber_count = atoi(arguments[3]);
  events_each = atol(arguments[4]);
  double seconds = atof(arguments[5]);
  thread_count = atoi(arguments[6]);
  measures_latency = count > 7;
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);

  subscribers = required(calloc((size_t)subscriber_count, sizeof *subscribers));
  for (int index = 0; index < subscriber_count; index++) open_subscriber(&subscribers[index]);
  atomic_store(&unfinished, subscriber_count);
  deadline_ns = now_ns() + (uint64_t)(seconds * 1e9);
  reader *readers = required(calloc((size_t)thread_count, sizeof *readers));
  pthread_t *threads = required(calloc((size_t)thread_count, sizeof *threads));
  for (int index = 0; index < thread_count; index++) {
    readers[index].number = index;
    if (measures_latency) {
      size_t mine = (size_t)(subscriber_count / thread_count + 1);
      readers[index].latency_capacity = mine * (size_t)events_each;
      readers[index].latencies =
          required(malloc(readers[index].latency_capacity * sizeof(uint64_t)));
    }
    if (pthread_create(&threads[index], NULL, read_all, &readers[index])) fail("pthread_create");
  }
  printf("ready\n");
  fflush(stdout);
  for (int index = 0; index < thread_count; index++) pthread_join(threads[index], NULL);
  report(readers);
  return 0;
}
