// Stands for Agent Engine's session service, and for a Firestore that holds as many sessions as it is asked
// to, without keeping them: so cheap that whoever talks to it is what is measured.
//
// usage: session_stores PORT DELAY_MS POLLS SESSIONS EVENTS
//
// Each call of Agent Engine is answered after DELAY_MS; the making of a session is done when it is asked for
// the POLLS-th time. Of a session it keeps the user and the number of events. GET /counts tells how many
// calls, sessions and events there were; POST /reset forgets them. Firestore (REST, layout `adk`, application
// `bench`) has SESSIONS sessions of EVENTS events and answers at once.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RESOURCE "projects/bench/locations/us-central1/reasoningEngines/42"
#define ROOT "projects/bench/databases/(default)/documents"
#define CONNECTIONS 4096
#define TIME "2026-01-01T00:00:00.123456Z"

typedef struct {
  char *bytes;
  size_t count, capacity;
} Buffer;

typedef struct {
  int descriptor;
  unsigned generation;
  Buffer input, output;
  size_t sent;
  int answering;
} Connection;

typedef struct {
  int connection;
  unsigned generation;
  long due;
  Buffer answer;
} Waiting;

typedef struct {
  char id[64], user[64];
  int polls;
  long events;
} Stored;

static Connection connections[CONNECTIONS];
// All wait equally long: the queue is in order.
static Waiting *queue;
static size_t queueStart, queueEnd, queueCapacity = 1 << 16;
static Stored *table;
static size_t tableCapacity = 1 << 19;
static long sessionCount, eventCount, callCount;
static long delay;
static int pollsNeeded, sourceSessions, sourceEvents, poller;

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void reserve(Buffer *buffer, size_t more) {
  if (buffer->count + more + 1 <= buffer->capacity) return;
  buffer->capacity = 2 * (buffer->count + more + 1);
  buffer->bytes = realloc(buffer->bytes, buffer->capacity);
  if (!buffer->bytes) abort();
}

__attribute__((format(printf, 2, 3))) static void print(Buffer *buffer, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  va_list again;
  va_copy(again, arguments);
  int count = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  reserve(buffer, count);
  vsnprintf(buffer->bytes + buffer->count, count + 1, format, again);
  va_end(again);
  buffer->count += count;
}

// MARK: Agent Engine

/// The place of an id, taken or free.
static Stored *find(const char *id) {
  size_t hash = 1469598103934665603u;
  for (const char *byte = id; *byte; byte++) hash = (hash ^ (unsigned char)*byte) * 1099511628211u;
  for (size_t place = hash;; place++) {
    Stored *stored = &table[place & (tableCapacity - 1)];
    if (!stored->id[0] || !strcmp(stored->id, id)) return stored;
  }
}

static int fail(Buffer *body, int status, const char *name) {
  print(body, "{\"error\":{\"code\":%d,\"message\":\"as told\",\"status\":\"%s\"}}", status, name);
  return status;
}

static void describe(Buffer *body, const Stored *stored) {
  print(body,
      "{\"name\":\"" RESOURCE "/sessions/%s\",\"userId\":\"%s\",\"createTime\":\"" TIME
      "\",\"updateTime\":\"" TIME "\",\"expireTime\":\"2099-01-01T00:00:00Z\"}",
      stored->id, stored->user);
}

/// Copies what stands between the quotes behind a member's name.
static void copyMember(const char *json, const char *member, char *value, size_t capacity) {
  value[0] = 0;
  const char *start = strstr(json, member);
  if (!start) return;
  start = strchr(start + strlen(member), '"');
  if (!start) return;
  size_t count = strcspn(start + 1, "\"");
  if (count >= capacity) count = capacity - 1;
  memcpy(value, start + 1, count);
  value[count] = 0;
}

static int answerAgentEngine(const char *method, const char *rest, const char *json, Buffer *body) {
  char id[64] = "";
  if (*rest != '/') {
    if (!strcmp(method, "GET")) {
      print(body, "{}");
      return 200;
    }
    const char *given = strstr(rest, "sessionId=");
    if (!given) return fail(body, 400, "INVALID_ARGUMENT");
    given += strlen("sessionId=");
    size_t count = strcspn(given, "& ");
    if (count >= sizeof id) return fail(body, 400, "INVALID_ARGUMENT");
    memcpy(id, given, count);
    Stored *stored = find(id);
    if (stored->id[0]) return fail(body, 409, "ALREADY_EXISTS");
    if ((size_t)sessionCount > tableCapacity / 2) abort();
    strcpy(stored->id, id);
    copyMember(json, strstr(json, "\"userId\"") ? "\"userId\":" : "\"user_id\":", stored->user,
        sizeof stored->user);
    sessionCount++;
    print(body, "{\"name\":\"" RESOURCE "/sessions/%s/operations/1\"}", id);
    return 200;
  }
  size_t count = strcspn(rest + 1, "/:?");
  if (count >= sizeof id) return fail(body, 404, "NOT_FOUND");
  memcpy(id, rest + 1, count);
  rest += 1 + count;
  Stored *stored = find(id);
  if (!stored->id[0]) return fail(body, 404, "NOT_FOUND");
  if (!strncmp(rest, "/operations/", 12)) {
    print(body, "{\"name\":\"" RESOURCE "/sessions/%s/operations/1\"", id);
    if (++stored->polls >= pollsNeeded) {
      print(body, ",\"done\":true,\"response\":{\"@type\":\"type.googleapis.com/google.cloud.aiplatform.v1.Session\",");
      Buffer session = {0};
      describe(&session, stored);
      print(body, "%s", session.bytes + 1);
      free(session.bytes);
    }
    print(body, "}");
  } else if (!strncmp(rest, ":appendEvent", 12)) {
    stored->events++;
    eventCount++;
    print(body, "{}");
  } else if (!strncmp(rest, "/events", 7)) {
    print(body, "{}");
  } else {
    describe(body, stored);
  }
  return 200;
}

// MARK: Firestore

static void printSession(Buffer *body, int number) {
  print(body,
      "{\"name\":\"" ROOT "/adk-session/bench/users/user-%06d/sessions/s-%06d\",\"fields\":{"
      "\"id\":{\"stringValue\":\"s-%06d\"},\"appName\":{\"stringValue\":\"bench\"},"
      "\"userId\":{\"stringValue\":\"user-%06d\"},\"revision\":{\"integerValue\":\"%d\"},"
      "\"createTime\":{\"timestampValue\":\"" TIME "\"},\"updateTime\":{\"timestampValue\":\"" TIME "\"},"
      "\"state\":{\"stringValue\":\"{\\\"counter\\\":%d,\\\"topic\\\":\\\"Schleifen\\\"}\"}},"
      "\"createTime\":\"" TIME "\",\"updateTime\":\"" TIME "\"}",
      number / 4, number, number, number / 4, sourceEvents, sourceEvents - 1);
}

static void printEvent(Buffer *body, int session, int number) {
  print(body,
      "{\"document\":{\"name\":\"" ROOT "/adk-session/bench/users/user-%06d/sessions/s-%06d/events/e-%d\","
      "\"fields\":{\"appName\":{\"stringValue\":\"bench\"},\"userId\":{\"stringValue\":\"user-%06d\"},"
      "\"timestamp\":{\"timestampValue\":\"2026-01-01T00:%02d:00.5Z\"},\"event_data\":{\"mapValue\":{\"fields\":{"
      "\"id\":{\"stringValue\":\"e-%d\"},\"author\":{\"stringValue\":\"coach\"},"
      "\"invocation_id\":{\"stringValue\":\"i-%d\"},\"turn_complete\":{\"booleanValue\":true},"
      "\"content\":{\"mapValue\":{\"fields\":{\"role\":{\"stringValue\":\"model\"},\"parts\":{\"arrayValue\":{\"values\":["
      "{\"mapValue\":{\"fields\":{\"text\":{\"stringValue\":\"A loop runs until its condition is false, which is "
      "looked at before each turn.\"}}}}]}}}}},"
      "\"actions\":{\"mapValue\":{\"fields\":{\"state_delta\":{\"mapValue\":{\"fields\":{"
      "\"counter\":{\"integerValue\":\"%d\"}}}}}}}}}}},\"createTime\":\"" TIME "\",\"updateTime\":\"" TIME
      "\"},\"readTime\":\"" TIME "\"}",
      session / 4, session, number, session / 4, number % 60, number, number, number);
}

/// The number of the session that a text names at the end of a path; -1 for none.
static int sessionNumber(const char *text) {
  const char *place = strstr(text, "/sessions/s-");
  return place ? atoi(place + strlen("/sessions/s-")) : -1;
}

static int answerFirestore(const char *target, const char *json, Buffer *body) {
  print(body, "[");
  if (strstr(target, ":batchGet")) {
    // Only sessions are there: no states of the app and of users.
    int number = sessionNumber(json);
    if (number >= 0) {
      print(body, "{\"readTime\":\"" TIME "\",\"found\":");
      printSession(body, number);
      print(body, "}");
    }
  } else if (strstr(json, "\"collectionId\":\"events\"")) {
    int session = sessionNumber(target);
    for (int number = 0; number < sourceEvents && !strstr(json, "startAt"); number++) {
      if (number) print(body, ",");
      printEvent(body, session, number);
    }
  } else {
    int first = sessionNumber(json) + 1;
    const char *given = strstr(json, "\"limit\":");
    int limit = given ? atoi(given + strlen("\"limit\":")) : 300;
    for (int number = first; number < first + limit && number < sourceSessions; number++) {
      if (number > first) print(body, ",");
      print(body, "{\"document\":");
      printSession(body, number);
      print(body, ",\"readTime\":\"" TIME "\"}");
    }
  }
  if (body->count == 1) print(body, "{\"readTime\":\"" TIME "\",\"done\":true}");
  print(body, "]");
  return 200;
}

// MARK: HTTP

static void closeConnection(int index) {
  close(connections[index].descriptor);
  free(connections[index].input.bytes);
  free(connections[index].output.bytes);
  connections[index] = (Connection){.descriptor = -1, .generation = connections[index].generation + 1};
}

static void flush(int index) {
  Connection *connection = &connections[index];
  while (connection->sent < connection->output.count) {
    ssize_t count = send(connection->descriptor, connection->output.bytes + connection->sent,
        connection->output.count - connection->sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) {
      struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.u32 = index};
      epoll_ctl(poller, EPOLL_CTL_MOD, connection->descriptor, &event);
      return;
    }
    if (count < 0) return closeConnection(index);
    connection->sent += count;
  }
  connection->sent = connection->output.count = 0;
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
  epoll_ctl(poller, EPOLL_CTL_MOD, connection->descriptor, &event);
}

static void respond(int index, int status, const Buffer *body, long wait) {
  Buffer answer = {0};
  print(&answer, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", status,
      body->count);
  reserve(&answer, body->count);
  memcpy(answer.bytes + answer.count, body->bytes, body->count);
  answer.count += body->count;
  connections[index].answering = 1;
  size_t pending = queueEnd - queueStart;
  if (pending == queueCapacity) abort();
  Waiting waiting = {index, connections[index].generation, now() + wait, answer};
  if (wait) {
    queue[queueEnd++ % queueCapacity] = waiting;
    return;
  }
  connections[index].answering = 0;
  free(connections[index].output.bytes);
  connections[index].output = answer;
  flush(index);
}

static void perform(int index, char *method, char *target, char *json) {
  Buffer body = {0};
  long wait = 0;
  int status = 200;
  const char *place = strstr(target, "/reasoningEngines/42/sessions");
  if (place) {
    callCount++;
    wait = delay;
    status = answerAgentEngine(method, place + strlen("/reasoningEngines/42/sessions"), json, &body);
  } else if (!strncmp(target, "/v1/projects/bench/databases/", 29)) {
    status = answerFirestore(target, json, &body);
  } else {
    if (!strcmp(target, "/reset")) {
      memset(table, 0, tableCapacity * sizeof *table);
      sessionCount = eventCount = callCount = 0;
    }
    print(&body, "{\"calls\":%ld,\"sessions\":%ld,\"events\":%ld}", callCount, sessionCount, eventCount);
  }
  respond(index, status, &body, wait);
  free(body.bytes);
}

/// Performs the request that has come whole, unless one is being answered.
static void parse(int index) {
  Connection *connection = &connections[index];
  if (connection->answering || !connection->input.count) return;
  char *bytes = connection->input.bytes;
  bytes[connection->input.count] = 0;
  char *end = strstr(bytes, "\r\n\r\n");
  if (!end) return;
  size_t length = 0;
  *end = 0;
  char *header = strcasestr(bytes, "\r\nContent-Length:");
  if (header) length = strtoul(header + strlen("\r\nContent-Length:"), NULL, 10);
  size_t head = end - bytes + 4;
  if (connection->input.count < head + length) {
    *end = '\r';
    return;
  }
  char *target = strchr(bytes, ' ');
  if (!target) return closeConnection(index);
  *target++ = 0;
  char *version = strchr(target, ' ');
  if (!version) return closeConnection(index);
  *version = 0;
  char *json = strndup(bytes + head, length);
  char *copy = strdup(target), *method = strdup(bytes);
  size_t rest = connection->input.count - head - length;
  memmove(bytes, bytes + head + length, rest);
  connection->input.count = rest;
  perform(index, method, copy, json);
  free(json);
  free(copy);
  free(method);
}

static void receive(int index) {
  Connection *connection = &connections[index];
  for (;;) {
    reserve(&connection->input, 65536);
    ssize_t count = recv(connection->descriptor, connection->input.bytes + connection->input.count, 65536, 0);
    if (count == 0 || (count < 0 && errno != EAGAIN)) return closeConnection(index);
    if (count < 0) break;
    connection->input.count += count;
    if (count < 65536) break;
  }
  parse(index);
}

static void sendDue(void) {
  while (queueStart != queueEnd && queue[queueStart % queueCapacity].due <= now()) {
    Waiting waiting = queue[queueStart++ % queueCapacity];
    Connection *connection = &connections[waiting.connection];
    if (connection->descriptor < 0 || connection->generation != waiting.generation) {
      free(waiting.answer.bytes);
      continue;
    }
    free(connection->output.bytes);
    connection->output = waiting.answer;
    connection->answering = 0;
    flush(waiting.connection);
    if (connection->generation == waiting.generation) parse(waiting.connection);
  }
}

static void acceptAll(int listener) {
  int descriptor;
  while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    int index = 0;
    while (index < CONNECTIONS && connections[index].descriptor >= 0) index++;
    if (index == CONNECTIONS) abort();
    int yes = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connections[index].descriptor = descriptor;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
    epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event);
  }
}

int main(int count, char **arguments) {
  if (count != 6) {
    fprintf(stderr, "usage: session_stores PORT DELAY_MS POLLS SESSIONS EVENTS\n");
    return 2;
  }
  delay = atol(arguments[2]) * 1000;
  pollsNeeded = atoi(arguments[3]);
  sourceSessions = atoi(arguments[4]);
  sourceEvents = atoi(arguments[5]);
  queue = calloc(queueCapacity, sizeof *queue);
  table = calloc(tableCapacity, sizeof *table);
  if (!queue || !table) return 1;
  for (int index = 0; index < CONNECTIONS; index++) connections[index].descriptor = -1;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) {
    perror("session_stores");
    return 1;
  }
  poller = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = CONNECTIONS};
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
  struct epoll_event ready[256];
  for (;;) {
    int wait = -1;
    if (queueStart != queueEnd) {
      long left = queue[queueStart % queueCapacity].due - now();
      wait = left <= 0 ? 0 : (int)((left + 999) / 1000);
    }
    int found = epoll_wait(poller, ready, 256, wait);
    for (int place = 0; place < found; place++) {
      int index = (int)ready[place].data.u32;
      if (index == CONNECTIONS) {
        acceptAll(listener);
      } else if (connections[index].descriptor >= 0) {
        if (ready[place].events & EPOLLOUT) flush(index);
        if (connections[index].descriptor >= 0 && ready[place].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
          receive(index);
        }
      }
    }
    sendDue();
  }
}
