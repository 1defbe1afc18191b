// Posts events, one a request, over a few connections that stay open.
//
//   publish PORT PATH EVENTS CONNECTIONS EVENTS_PER_SECOND      (0: as fast as answers come)
//
// Every event carries the time of its making as "sent_ns" (CLOCK_REALTIME). Prints when the first
// POST began and the last was answered, as JSON.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

static int port;
static const char *path;
static long event_count;
static double events_per_second;
static uint64_t start_ns;
static atomic_long next_event;

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int open_connection(void) {
  int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, (struct sockaddr *)&address, sizeof address)) fail("connect");
  int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return descriptor;
}

static void wait_until(uint64_t due_ns) {
  struct timespec due = {
      .tv_sec = (time_t)(due_ns / 1000000000u), .tv_nsec = (long)(due_ns % 1000000000u)};
  while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &due, NULL)) {
  }
}

static void send_event(int descriptor, long number) {
  char body[1024], request[2048];
  int length = snprintf(
      body, sizeof body,
      "{\"event_id\":\"018f3a5e-7c1d-7000-8000-%012ld\",\"event_type\":\"cell_executed\","
      "\"course_id\":\"python-101\",\"student_id\":\"s-%06ld\",\"team\":\"blue\","
      "\"notebook_path\":\"week3/loops.ipynb\",\"cell_id\":\"c7f3e0a2\",\"cell_index\":12,"
      "\"cell_type\":\"code\",\"execution_count\":7,\"has_error\":false,\"duration_ms\":182.4,"
      "\"attributes\":{\"sent_ns\":%llu}}",
      number, number % 1000, (unsigned long long)now_ns());
  int total = snprintf(
      request, sizeof request,
      "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
      "Content-Length: %d\r\n\r\n%s",
      path, port, length, body);
  if (write(descriptor, request, (size_t)total) != total) fail("write");
}

static void read_answer(int descriptor) {
  char answer[8192];
  size_t length = 0, expected = 0;
  do {
    ssize_t count = read(descriptor, answer + length, sizeof answer - 1 - length);
    if (count <= 0) fail("the server closed a publisher's connection");
    length += (size_t)count;
    answer[length] = 0;
    char *end = strstr(answer, "\r\n\r\n");
    if (!end) continue;
    char *header = strcasestr(answer, "\r\ncontent-length:");
    if (!header || header > end) {
      fprintf(stderr, "an answer without Content-Length: %.200s\n", answer);
      exit(1);
    }
    expected = (size_t)(end + 4 - answer) + strtoul(header + 17, NULL, 10);
  } while (!expected || length < expected);
  if (strncmp(answer, "HTTP/1.1 20", 11)) {
    fprintf(stderr, "an event was refused: %.300s\n", answer);
    exit(1);
  }
}

static void *publish(void *unused) {
  int descriptor = open_connection();
  long number;
  while ((number = atomic_fetch_add(&next_event, 1)) < event_count) {
    if (events_per_second > 0)
      wait_until(start_ns + (uint64_t)((double)number / events_per_second * 1e9));
    send_event(descriptor, number);
    read_answer(descriptor);
  }
  close(descriptor);
  return unused;
}

int main(int count, char **arguments) {
  if (count != 6) {
    fprintf(stderr, "usage: publish PORT PATH EVENTS CONNECTIONS EVENTS_PER_SECOND\n");
    return 2;
  }
  port = atoi(arguments[1]);
  path = arguments[2];
  event_count = atol(arguments[3]);
  int connections = atoi(arguments[4]);
  events_per_second = atof(arguments[5]);
  pthread_t threads[64];
  if (connections < 1 || connections > 64) {
    fprintf(stderr, "CONNECTIONS must be from 1 to 64\n");
    return 2;
  }
  start_ns = now_ns();
  for (int index = 0; index < connections; index++)
    if (pthread_create(&threads[index], NULL, publish, NULL)) fail("pthread_create");
  for (int index = 0; index < connections; index++) pthread_join(threads[index], NULL);
  printf(
      "{\"first_ns\":%llu,\"last_ns\":%llu}\n", (unsigned long long)start_ns,
      (unsigned long long)now_ns());
  return 0;
}
