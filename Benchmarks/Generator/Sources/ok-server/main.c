// Answers +OK to every command as fast as one thread can: the server that costs the least, for
// measuring a load generator. It parses nothing, it counts: each '*' that it reads is a command, so
// no argument may hold one.
//
//     ok-server PORT
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REPLY = 5, READ_MAX = 256 * 1024, EVENTS_MAX = 1024 };

static char input[READ_MAX];
// A command takes at least four bytes, such as "*0\r\n".
static char replies[READ_MAX / 4 * REPLY];

static int fail(const char *what) {
  perror(what);
  return 1;
}

static size_t count_commands(size_t count) {
  size_t commands = 0;
  for (size_t index = 0; index < count; index++) commands += input[index] == '*';
  return commands;
}

/// Sockets block when they write: a client that does not read waits for itself alone.
static void answer(int client) {
  ssize_t count = recv(client, input, sizeof input, MSG_DONTWAIT);
  if (count <= 0) {
    close(client);
    return;
  }
  size_t left = count_commands((size_t)count) * REPLY;
  const char *place = replies;
  while (left > 0) {
    ssize_t sent = send(client, place, left, MSG_NOSIGNAL);
    if (sent <= 0) return;
    place += sent;
    left -= (size_t)sent;
  }
}

static int open_listener(int port) {
  int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) return -1;
  return listen(listener, 511) == 0 ? listener : -1;
}

static void accept_client(int poll, int listener) {
  int client = accept(listener, NULL, NULL), on = 1;
  if (client < 0) return;
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = client};
  epoll_ctl(poll, EPOLL_CTL_ADD, client, &event);
}

int main(int count, char **arguments) {
  if (count != 2) {
    fprintf(stderr, "usage: ok-server PORT\n");
    return 2;
  }
  for (size_t index = 0; index < sizeof replies; index += REPLY)
    memcpy(replies + index, "+OK\r\n", REPLY);
  int listener = open_listener(atoi(arguments[1]));
  if (listener < 0) return fail("listen");
  int poll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS_MAX];
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int ready = epoll_wait(poll, events, EVENTS_MAX, -1);
    for (int index = 0; index < ready; index++) {
      if (events[index].data.fd == listener)
        accept_client(poll, listener);
      else
        answer(events[index].data.fd);
    }
  }
}
