// Numbers of the verbs. Values follow libibverbs (infiniband/verbs.h) where it has them.

// enum ibv_wr_opcode
export const WR_RDMA_WRITE = 0;
export const WR_RDMA_WRITE_WITH_IMM = 1;
export const WR_SEND = 2;
export const WR_SEND_WITH_IMM = 3;
export const WR_RDMA_READ = 4;
export const WR_ATOMIC_CMP_AND_SWP = 5;
export const WR_ATOMIC_FETCH_AND_ADD = 6;
export const WR_LOCAL_INV = 7;
export const WR_BIND_MW = 8;
export const WR_SEND_WITH_INV = 9;

// enum ibv_send_flags
export const SEND_FENCE = 1;
export const SEND_SIGNALED = 2;
export const SEND_SOLICITED = 4;
export const SEND_INLINE = 8;

// enum ibv_wc_status
export const WC_SUCCESS = 0;
export const WC_LOC_LEN_ERR = 1;
export const WC_LOC_QP_OP_ERR = 2;
export const WC_LOC_EEC_OP_ERR = 3;
export const WC_LOC_PROT_ERR = 4;
export const WC_WR_FLUSH_ERR = 5;
export const WC_MW_BIND_ERR = 6;
export const WC_BAD_RESP_ERR = 7;
export const WC_LOC_ACCESS_ERR = 8;
export const WC_REM_INV_REQ_ERR = 9;
export const WC_REM_ACCESS_ERR = 10;
export const WC_REM_OP_ERR = 11;
export const WC_RETRY_EXC_ERR = 12;
export const WC_RNR_RETRY_EXC_ERR = 13;
export const WC_LOC_RDD_VIOL_ERR = 14;
export const WC_REM_INV_RD_REQ_ERR = 15;
export const WC_REM_ABORT_ERR = 16;
export const WC_FATAL_ERR = 19;
export const WC_RESP_TIMEOUT_ERR = 20;
export const WC_GENERAL_ERR = 21;

// enum ibv_wc_opcode
export const WC_SEND = 0;
export const WC_RDMA_WRITE = 1;
export const WC_RDMA_READ = 2;
export const WC_COMP_SWAP = 3;
export const WC_FETCH_ADD = 4;
export const WC_BIND_MW = 5;
export const WC_LOCAL_INV = 6;
export const WC_RECV = 128;
export const WC_RECV_RDMA_WITH_IMM = 129;

// enum ibv_wc_flags
export const WC_GRH = 1;
export const WC_WITH_IMM = 2;
export const WC_WITH_INV = 8;

// enum ibv_access_flags
export const ACCESS_LOCAL_WRITE = 1;
export const ACCESS_REMOTE_WRITE = 2;
export const ACCESS_REMOTE_READ = 4;
export const ACCESS_REMOTE_ATOMIC = 8;
export const ACCESS_MW_BIND = 16;
export const ACCESS_ZERO_BASED = 32;

// enum ibv_mw_type
export const MW_TYPE_1 = 1;
export const MW_TYPE_2 = 2;

// enum ibv_qp_state
export const QPS_RESET = 0;
export const QPS_INIT = 1;
export const QPS_RTR = 2;
export const QPS_RTS = 3;
export const QPS_SQD = 4;
export const QPS_SQE = 5;
export const QPS_ERR = 6;

// enum ibv_qp_type
export const QPT_RC = 2;
export const QPT_UC = 3;
export const QPT_UD = 4;

// enum ibv_mtu
export const MTU_256 = 1;
export const MTU_512 = 2;
export const MTU_1024 = 3;
export const MTU_2048 = 4;
export const MTU_4096 = 5;

// enum ibv_qp_attr_mask
export const QP_STATE = 1;
export const QP_CUR_STATE = 2;
export const QP_EN_SQD_ASYNC_NOTIFY = 4;
export const QP_ACCESS_FLAGS = 8;
export const QP_PKEY_INDEX = 16;
export const QP_PORT = 32;
export const QP_QKEY = 64;
export const QP_AV = 128;
export const QP_PATH_MTU = 256;
export const QP_TIMEOUT = 512;
export const QP_RETRY_CNT = 1024;
export const QP_RNR_RETRY = 2048;
export const QP_RQ_PSN = 4096;
export const QP_MAX_QP_RD_ATOMIC = 8192;
export const QP_MIN_RNR_TIMER = 32768;
export const QP_SQ_PSN = 65536;
export const QP_MAX_DEST_RD_ATOMIC = 131072;
export const QP_DEST_QPN = 1048576;

// enum ibv_srq_attr_mask
export const SRQ_MAX_WR = 1;
export const SRQ_LIMIT = 2;

// enum ibv_event_type
export const EVENT_CQ_ERR = 0;
export const EVENT_QP_FATAL = 1;
export const EVENT_QP_REQ_ERR = 2;
export const EVENT_QP_ACCESS_ERR = 3;
export const EVENT_COMM_EST = 4;
export const EVENT_SQ_DRAINED = 5;
export const EVENT_PORT_ACTIVE = 9;
export const EVENT_PORT_ERR = 10;
export const EVENT_LID_CHANGE = 11;
export const EVENT_PKEY_CHANGE = 12;
export const EVENT_SRQ_ERR = 14;
export const EVENT_SRQ_LIMIT_REACHED = 15;
export const EVENT_QP_LAST_WQE_REACHED = 16;
export const EVENT_GID_CHANGE = 18;

// enum ibv_port_state
export const PORT_DOWN = 1;
export const PORT_INIT = 2;
export const PORT_ARMED = 3;
export const PORT_ACTIVE = 4;

/** The queue pair number of a multicast packet. */
export const MULTICAST_QPN = 16777215;
/** Bytes of a global route header: they stand in front of every datagram in its receive buffer. */
export const GRH_BYTES = 40;
