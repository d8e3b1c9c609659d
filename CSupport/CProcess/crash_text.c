#define _GNU_SOURCE
#include "crash_text.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

/// Seconds that local time is ahead of UTC, as of the last preparation.
static long zone_offset = 0;

void crash_text_prepare(void) {
  time_t now = time(NULL);
  struct tm local;
  if (localtime_r(&now, &local)) zone_offset = local.tm_gmtoff;
}

void crash_text_add(crash_text *text, const char *string) {
  while (*string && text->count < sizeof text->bytes) text->bytes[text->count++] = *string++;
}

static void add_digits(crash_text *text, uint64_t number, unsigned base, int least_digits) {
  char digits[24];
  int first = sizeof digits - 1;
  digits[first] = 0;
  do {
    digits[--first] = "0123456789abcdef"[number % base];
    number /= base;
    least_digits--;
  } while ((number > 0 || least_digits > 0) && first > 0);
  crash_text_add(text, digits + first);
}

void crash_text_add_number(crash_text *text, int64_t number, int least_digits) {
  if (number < 0) crash_text_add(text, "-");
  add_digits(text, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10, least_digits);
}

void crash_text_add_hexadecimal(crash_text *text, uint64_t number, int least_digits) {
  add_digits(text, number, 16, least_digits);
}

/// Day, month and year of a day counted from 1970-01-01, by the arithmetic of 400-year eras that
/// start in March, so that the leap day is the last of its year.
static void civil_date(int64_t days, int *year, int *month, int *day) {
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  int64_t day_of_era = days - era * 146097;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t march_month = (5 * day_of_year + 2) / 153;
  *day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
  *month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
  *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static void add_date(crash_text *text) {
  static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t seconds = now.tv_sec + zone_offset;
  int year, month, day;
  civil_date(seconds / 86400, &year, &month, &day);
  int64_t second_of_day = seconds % 86400;
  crash_text_add_number(text, day, 2);
  crash_text_add(text, " ");
  crash_text_add(text, names[month - 1]);
  crash_text_add(text, " ");
  crash_text_add_number(text, year, 4);
  crash_text_add(text, " ");
  crash_text_add_number(text, second_of_day / 3600, 2);
  crash_text_add(text, ":");
  crash_text_add_number(text, second_of_day / 60 % 60, 2);
  crash_text_add(text, ":");
  crash_text_add_number(text, second_of_day % 60, 2);
  crash_text_add(text, ".");
  crash_text_add_number(text, now.tv_nsec / 1000000, 3);
}

void crash_text_add_prefix(crash_text *text, char role) {
  char letter[] = {':', role, ' ', 0};
  crash_text_add_number(text, getpid(), 1);
  crash_text_add(text, letter);
  add_date(text);
  crash_text_add(text, " # ");
}

void crash_text_flush(crash_text *text, int descriptor) {
  size_t done = 0;
  while (done < text->count) {
    ssize_t count = write(descriptor, text->bytes + done, text->count - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += (size_t)count;
  }
  text->count = 0;
}
