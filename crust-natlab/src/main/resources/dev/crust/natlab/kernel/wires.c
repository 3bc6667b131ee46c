/*
 * The lines of a lab: carries Ethernet frames between the interfaces a0 and b0, a1 and b1, ... of the namespace that it runs in, late,
 * unsteadily, in part or not at all, as the control pipe says.
 *
 * wires CONTROL LINES: CONTROL is a named pipe, LINES the number of lines. Each text line read from the pipe,
 *   LINE UP DELAY_NS JITTER_NS LOSS_PPM REORDER_PPM BITS_PER_SECOND QUEUE_BYTES
 * sets both directions of a line. Prints "ready" once the interfaces are open. Lines carry nothing until they are set up.
 *
 * Frames keep their order, except for those that REORDER lets skip the delay. Frames are taken and given with the kernel's virtio header,
 * so that checksums left to the "hardware" stay left to it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

enum { FRAME_MAX = 66000, BATCH = 64, WAITING_MAX = 64 << 20 };

struct frame {
  struct frame *next;
  int64_t due;
  size_t size;
  char bytes[];
};

struct direction {
  int in, out;
  int up;
  int64_t delay, jitter, rate, queue;
  uint32_t loss, reorder;
  int64_t last_due, line_free;
  size_t waiting;
  struct frame *head, **tail;
};

static struct direction *directions;
static int count;
static uint64_t seed;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static uint64_t random64(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

static int chance(uint32_t ppm) { return ppm != 0 && random64() % 1000000 < ppm; }

static int open_interface(char side, int line) {
  char name[IFNAMSIZ];
  snprintf(name, sizeof name, "%c%d", side, line);
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  int one = 1, buffer = 8 << 20;
  if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof one)) die("PACKET_VNET_HDR");
  if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one)) die("PACKET_IGNORE_OUTGOING");
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer))
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer))
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  address.sll_ifindex = if_nametoindex(name);
  if (address.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&address, sizeof address)) die(name);
  return fd;
}

static void put(struct direction *d, const char *bytes, size_t size) {
  /* A frame that the far interface has no room for is lost, as on a real line. */
  if (write(d->out, bytes, size) < 0 && errno != ENOBUFS && errno != EAGAIN && errno != ENETDOWN && errno != EMSGSIZE)
    perror("write");
}

static void take(struct direction *d, const char *bytes, size_t size) {
  if (!d->up || chance(d->loss)) return;
  int64_t t = now(), due = t;
  if (d->rate > 0) {
    int64_t start = d->line_free > t ? d->line_free : t;
    if ((double)(start - t) * d->rate / 8e9 > d->queue) return;
    d->line_free = start + (int64_t)((double)(size - sizeof(struct virtio_net_hdr)) * 8e9 / d->rate);
    due = d->line_free;
  }
  if (chance(d->reorder)) {
    put(d, bytes, size);
    return;
  }
  due += d->delay;
  if (d->jitter > 0) due += (int64_t)(random64() % (2 * d->jitter + 1)) - d->jitter;
  if (due < d->last_due) due = d->last_due;
  if (due <= t && !d->head) {
    put(d, bytes, size);
    return;
  }
  if (d->waiting + size > WAITING_MAX) return;
  struct frame *f = malloc(sizeof *f + size);
  if (!f) return;
  f->next = NULL;
  f->due = d->last_due = due;
  f->size = size;
  memcpy(f->bytes, bytes, size);
  *d->tail = f;
  d->tail = &f->next;
  d->waiting += size;
}

static void give(struct direction *d, int64_t t) {
  while (d->head && d->head->due <= t) {
    struct frame *f = d->head;
    d->head = f->next;
    if (!d->head) d->tail = &d->head;
    d->waiting -= f->size;
    if (d->up) put(d, f->bytes, f->size);
    free(f);
  }
}

static void drain(struct direction *d) {
  static char frame[FRAME_MAX];
  for (int i = 0; i < BATCH; i++) {
    ssize_t size = read(d->in, frame, sizeof frame);
    if (size <= (ssize_t)sizeof(struct virtio_net_hdr)) return;
    take(d, frame, size);
  }
}

static void set(const char *text) {
  int line, up;
  long long delay, jitter, rate, queue;
  unsigned loss, reorder;
  if (sscanf(text, "%d %d %lld %lld %u %u %lld %lld", &line, &up, &delay, &jitter, &loss, &reorder, &rate, &queue) != 8 || line < 0 ||
      line >= count / 2) {
    fprintf(stderr, "not understood: %s\n", text);
    return;
  }
  for (int i = 2 * line; i < 2 * line + 2; i++) {
    struct direction *d = &directions[i];
    d->up = up;
    d->delay = delay, d->jitter = jitter, d->loss = loss, d->reorder = reorder, d->rate = rate, d->queue = queue;
  }
}

static void control(int fd) {
  static char text[65536];
  static size_t filled;
  ssize_t size = read(fd, text + filled, sizeof text - 1 - filled);
  if (size <= 0) return;
  filled += size;
  char *start = text, *end;
  while ((end = memchr(start, '\n', text + filled - start))) {
    *end = 0;
    set(start);
    start = end + 1;
  }
  filled -= start - text;
  memmove(text, start, filled);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  count = 2 * atoi(argv[2]);
  directions = calloc(count + 1, sizeof *directions);
  seed = (now() ^ ((uint64_t)getpid() << 32)) | 1;
  int poll = epoll_create1(EPOLL_CLOEXEC), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  /* Open for writing too, so that the pipe never ends. */
  int pipe = open(argv[1], O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (poll < 0 || timer < 0 || pipe < 0) die(argv[1]);
  for (int i = 0; i < count; i += 2) {
    int a = open_interface('a', i / 2), b = open_interface('b', i / 2);
    directions[i].in = directions[i + 1].out = a;
    directions[i].out = directions[i + 1].in = b;
  }
  for (int i = 0; i < count + 2; i++) {
    if (i < count) directions[i].tail = &directions[i].head;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, i < count ? directions[i].in : i == count ? pipe : timer, &event)) die("epoll_ctl");
  }
  puts("ready");
  fflush(stdout);
  for (;;) {
    struct epoll_event events[64];
    int ready = epoll_wait(poll, events, 64, -1);
    if (ready < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < ready; i++) {
      int which = events[i].data.u32;
      uint64_t expirations;
      if (which < count) {
        drain(&directions[which]);
      } else if (which == count) {
        control(pipe);
      } else if (read(timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN) {
        die("timer");
      }
    }
    int64_t t = now(), next = INT64_MAX;
    for (int i = 0; i < count; i++) {
      give(&directions[i], t);
      if (directions[i].head && directions[i].head->due < next) next = directions[i].head->due;
    }
    struct itimerspec alarm = {0};
    if (next != INT64_MAX) alarm.it_value = (struct timespec){next / 1000000000, next % 1000000000};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &alarm, NULL);
  }
}
