#include "apus_bytes.h"
#include "apus_bucket.h"
#include "apus_clock.h"
#include "apus_hash.h"
