#include "include/apus_net.h"
