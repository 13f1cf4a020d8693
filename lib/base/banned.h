/* SPDX-License-Identifier: MIT */
/*
 * Functions nobody in lib/ may call: each use becomes a compile error whose name says what to use instead.
 * Include it last, after every system header. Only calls are caught: a member or parameter of the same name is fine
 * unless it is called, and the few places with a reason (base/mem.c) write the name in brackets: (realloc)(p, n).
 */
#ifndef TWC_BASE_BANNED_H
#define TWC_BASE_BANNED_H

/* Unbounded, or silently cutting. */
#undef strcpy
#define strcpy(...) strcpy_is_banned_use_twc_buf_or_memcpy
#undef stpcpy
#define stpcpy(...) stpcpy_is_banned_use_twc_buf_or_memcpy
#undef strcat
#define strcat(...) strcat_is_banned_use_twc_buf_or_snprintf
#undef strncpy
#define strncpy(...) strncpy_is_banned_use_twc_str_or_memcpy
#undef strncat
#define strncat(...) strncat_is_banned_use_twc_buf_or_snprintf
#undef sprintf
#define sprintf(...) sprintf_is_banned_use_snprintf
#undef vsprintf
#define vsprintf(...) vsprintf_is_banned_use_vsnprintf
#undef gets
#define gets(...) gets_is_banned_use_read
#undef alloca
#define alloca(...) alloca_is_banned_use_twc_malloc

/* No error report. */
#undef atoi
#define atoi(...) atoi_is_banned_use_twc_parse_uint
#undef atol
#define atol(...) atol_is_banned_use_twc_parse_uint
#undef atoll
#define atoll(...) atoll_is_banned_use_twc_parse_uint
#undef atof
#define atof(...) atof_is_banned_use_twc_parse

/* State shared by the whole process. */
#undef strtok
#define strtok(...) strtok_is_banned_use_twc_str_cut
#undef strerror
#define strerror(...) strerror_is_banned_use_twc_err_sys
#undef gmtime
#define gmtime(...) gmtime_is_banned_use_gmtime_r
#undef localtime
#define localtime(...) localtime_is_banned_use_localtime_r
#undef ctime
#define ctime(...) ctime_is_banned_use_strftime
#undef asctime
#define asctime(...) asctime_is_banned_use_strftime
#undef inet_ntoa
#define inet_ntoa(...) inet_ntoa_is_banned_use_twc_addr_format
#undef gethostbyname
#define gethostbyname(...) gethostbyname_is_banned_use_the_resolver
#undef rand
#define rand(...) rand_is_banned_use_getrandom
#undef srand
#define srand(...) srand_is_banned_use_getrandom
#undef setenv
#define setenv(...) setenv_is_banned_in_the_library
#undef putenv
#define putenv(...) putenv_is_banned_in_the_library

/* Past the allocation hook. */
#undef malloc
#define malloc(...) malloc_is_banned_use_twc_malloc
#undef calloc
#define calloc(...) calloc_is_banned_use_twc_calloc
#undef realloc
#define realloc(...) realloc_is_banned_use_twc_realloc
#undef strdup
#define strdup(...) strdup_is_banned_use_twc_strdup
#undef strndup
#define strndup(...) strndup_is_banned_use_twc_str_dup
#undef asprintf
#define asprintf(...) asprintf_is_banned_use_twc_asprintf
#undef vasprintf
#define vasprintf(...) vasprintf_is_banned_use_twc_asprintf

/* The library neither prints nor ends the program. */
#undef printf
#define printf(...) printf_is_banned_use_twc_log
#undef fprintf
#define fprintf(...) fprintf_is_banned_use_twc_log
#undef puts
#define puts(...) puts_is_banned_use_twc_log
#undef perror
#define perror(...) perror_is_banned_use_twc_err_sys
#undef exit
#define exit(...) exit_is_banned_in_the_library

#endif
