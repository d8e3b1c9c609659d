#define _GNU_SOURCE
#include "crash_registers.h"

#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__x86_64__)

static const struct {
  const char *name;
  int index;
} registers[] = {
    {"RAX", REG_RAX}, {"RBX", REG_RBX}, {"RCX", REG_RCX}, {"RDX", REG_RDX}, {"RDI", REG_RDI},
    {"RSI", REG_RSI}, {"RBP", REG_RBP}, {"RSP", REG_RSP}, {"R8 ", REG_R8},  {"R9 ", REG_R9},
    {"R10", REG_R10}, {"R11", REG_R11}, {"R12", REG_R12}, {"R13", REG_R13}, {"R14", REG_R14},
    {"R15", REG_R15}, {"RIP", REG_RIP}, {"EFL", REG_EFL}, {"CSGSFS", REG_CSGSFS},
};

void *crash_instruction(const void *context) {
  return (void *)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
}

static uint64_t *stack_of(const void *context) {
  return (uint64_t *)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RSP];
}

static void add_registers(crash_text *text, const void *context, int descriptor) {
  const ucontext_t *machine = context;
  int count = sizeof registers / sizeof registers[0];
  for (int i = 0; i < count; i++) {
    crash_text_add(text, registers[i].name);
    crash_text_add(text, ":");
    crash_text_add_hexadecimal(text, (uint64_t)machine->uc_mcontext.gregs[registers[i].index], 16);
    crash_text_add(text, i % 2 == 1 || i == count - 1 ? "\n" : " ");
    crash_text_flush(text, descriptor);
  }
}

#elif defined(__aarch64__)

void *crash_instruction(const void *context) {
  return (void *)((const ucontext_t *)context)->uc_mcontext.pc;
}

static uint64_t *stack_of(const void *context) {
  return (uint64_t *)((const ucontext_t *)context)->uc_mcontext.sp;
}

static void add_registers(crash_text *text, const void *context, int descriptor) {
  const ucontext_t *machine = context;
  for (int i = 0; i < 31; i++) {
    crash_text_add(text, "X");
    crash_text_add_number(text, i, 2);
    crash_text_add(text, ":");
    crash_text_add_hexadecimal(text, machine->uc_mcontext.regs[i], 16);
    crash_text_add(text, i % 2 == 1 ? "\n" : " ");
    crash_text_flush(text, descriptor);
  }
  crash_text_add(text, "SP :");
  crash_text_add_hexadecimal(text, machine->uc_mcontext.sp, 16);
  crash_text_add(text, "\nPC :");
  crash_text_add_hexadecimal(text, machine->uc_mcontext.pc, 16);
  crash_text_add(text, " PSTATE:");
  crash_text_add_hexadecimal(text, machine->uc_mcontext.pstate, 16);
  crash_text_add(text, "\n");
  crash_text_flush(text, descriptor);
}

#else

void *crash_instruction(const void *context) { return (void)context, (void *)0; }

static uint64_t *stack_of(const void *context) { return (void)context, (uint64_t *)0; }

static void add_registers(crash_text *text, const void *context, int descriptor) {
  (void)context;
  crash_text_add(text, "  Dumping of registers not supported for this OS/arch\n");
  crash_text_flush(text, descriptor);
}

#endif

void crash_write_registers(const void *context, int descriptor) {
  crash_text text = {.count = 0};
  add_registers(&text, context, descriptor);
}

void crash_write_stack(const void *context, int descriptor) {
  crash_text text = {.count = 0};
  uint64_t words[16];
  uint64_t *stack = stack_of(context);
  // The stack pointer may be what broke: the kernel reads for us, and fails where we would fault.
  struct iovec to = {.iov_base = words, .iov_len = sizeof words};
  struct iovec from = {.iov_base = stack, .iov_len = sizeof words};
  if (!stack || process_vm_readv(getpid(), &to, 1, &from, 1, 0) != sizeof words) return;
  for (int i = 15; i >= 0; i--) {
    crash_text_add(&text, "(");
    crash_text_add_hexadecimal(&text, (uint64_t)(stack + i), 16);
    crash_text_add(&text, ") -> ");
    crash_text_add_hexadecimal(&text, words[i], 16);
    crash_text_add(&text, "\n");
    crash_text_flush(&text, descriptor);
  }
}
