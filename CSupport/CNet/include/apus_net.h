#ifndef APUS_NET_H
#define APUS_NET_H
#endif
