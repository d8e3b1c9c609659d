#ifndef APUS_PROCESS_H
#define APUS_PROCESS_H
#endif
