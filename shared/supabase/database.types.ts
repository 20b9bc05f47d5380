// Generated from the migrations by scripts/checks/database-types.ts --write. Do not edit.
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      bookings: {
        Row: {
          ai_insights: Json | null;
          calendar_generation: number;
          cancellation_reason: string | null;
          consultant_id: string | null;
          created_at: string;
          customer_email: string | null;
          customer_name: string;
          customer_phone: string | null;
          ends_at: string;
          google_calendar_event_id: string | null;
          google_calendar_link: string | null;
          id: string;
          meeting_id: string | null;
          meeting_link: string | null;
          meeting_platform: string;
          meeting_recording_url: string | null;
          meeting_settings: NonNullable<Json>;
          meeting_transcript: string | null;
          notes: string | null;
          pipeline_reason: string | null;
          pipeline_since: string | null;
          pipeline_status: string | null;
          revision: number;
          service_id: string | null;
          starts_at: string;
          status: string;
          time_zone: string;
          title: string | null;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          ai_insights?: Json | null;
          calendar_generation?: number;
          cancellation_reason?: string | null;
          consultant_id?: string | null;
          created_at?: string;
          customer_email?: string | null;
          customer_name: string;
          customer_phone?: string | null;
          ends_at: string;
          google_calendar_event_id?: string | null;
          google_calendar_link?: string | null;
          id?: string;
          meeting_id?: string | null;
          meeting_link?: string | null;
          meeting_platform?: string;
          meeting_recording_url?: string | null;
          meeting_settings?: NonNullable<Json>;
          meeting_transcript?: string | null;
          notes?: string | null;
          pipeline_reason?: string | null;
          pipeline_since?: string | null;
          pipeline_status?: string | null;
          revision?: number;
          service_id?: string | null;
          starts_at: string;
          status?: string;
          time_zone?: string;
          title?: string | null;
          updated_at?: string;
        };
        Update: {
          ai_insights?: Json | null;
          calendar_generation?: number;
          cancellation_reason?: string | null;
          consultant_id?: string | null;
          created_at?: string;
          customer_email?: string | null;
          customer_name?: string;
          customer_phone?: string | null;
          ends_at?: string;
          google_calendar_event_id?: string | null;
          google_calendar_link?: string | null;
          id?: string;
          meeting_id?: string | null;
          meeting_link?: string | null;
          meeting_platform?: string;
          meeting_recording_url?: string | null;
          meeting_settings?: NonNullable<Json>;
          meeting_transcript?: string | null;
          notes?: string | null;
          pipeline_reason?: string | null;
          pipeline_since?: string | null;
          pipeline_status?: string | null;
          revision?: number;
          service_id?: string | null;
          starts_at?: string;
          status?: string;
          time_zone?: string;
          title?: string | null;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "bookings_consultant_id_fkey";
            columns: ["consultant_id"];
            isOneToOne: false;
            referencedRelation: "consultants";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "bookings_service_id_fkey";
            columns: ["service_id"];
            isOneToOne: false;
            referencedRelation: "services";
            referencedColumns: ["id"];
          },
        ];
      };
      consultants: {
        Row: {
          created_at: string;
          email: string;
          id: string;
          name: string;
          time_zone: string;
          updated_at: string;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          email: string;
          id?: string;
          name: string;
          time_zone?: string;
          updated_at?: string;
          user_id?: string | null;
        };
        Update: {
          created_at?: string;
          email?: string;
          id?: string;
          name?: string;
          time_zone?: string;
          updated_at?: string;
          user_id?: string | null;
        };
        Relationships: [];
      };
      google_connections: {
        Row: {
          google_email: string;
          google_sub: string;
          granted_scopes: string[];
          reason: string | null;
          since: string;
          state: string;
          token_version: number;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          google_email: string;
          google_sub: string;
          granted_scopes?: string[];
          reason?: string | null;
          since?: string;
          state: string;
          token_version?: number;
          user_id: string;
        };
        Update: {
          google_email?: string;
          google_sub?: string;
          granted_scopes?: string[];
          reason?: string | null;
          since?: string;
          state?: string;
          token_version?: number;
          user_id?: string;
        };
        Relationships: [];
      };
      recordings: {
        Row: {
          audio_starts_after_ms: number | null;
          booking_id: string | null;
          conference_record: string;
          created_at: string;
          drive_file_id: string | null;
          duration_ms: number | null;
          ended_at: string | null;
          expires_at: string | null;
          export_uri: string | null;
          id: string;
          object_crc32c: string | null;
          object_generation: string | null;
          object_name: string | null;
          object_size_bytes: number | null;
          packets: number | null;
          reason: string | null;
          recording_name: string;
          since: string;
          source_md5: string | null;
          source_revision: string | null;
          source_size_bytes: number | null;
          space_name: string | null;
          started_at: string | null;
          state: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          audio_starts_after_ms?: number | null;
          booking_id?: string | null;
          conference_record: string;
          created_at?: string;
          drive_file_id?: string | null;
          duration_ms?: number | null;
          ended_at?: string | null;
          expires_at?: string | null;
          export_uri?: string | null;
          id?: string;
          object_crc32c?: string | null;
          object_generation?: string | null;
          object_name?: string | null;
          object_size_bytes?: number | null;
          packets?: number | null;
          reason?: string | null;
          recording_name: string;
          since?: string;
          source_md5?: string | null;
          source_revision?: string | null;
          source_size_bytes?: number | null;
          space_name?: string | null;
          started_at?: string | null;
          state?: string;
          user_id: string;
        };
        Update: {
          audio_starts_after_ms?: number | null;
          booking_id?: string | null;
          conference_record?: string;
          created_at?: string;
          drive_file_id?: string | null;
          duration_ms?: number | null;
          ended_at?: string | null;
          expires_at?: string | null;
          export_uri?: string | null;
          id?: string;
          object_crc32c?: string | null;
          object_generation?: string | null;
          object_name?: string | null;
          object_size_bytes?: number | null;
          packets?: number | null;
          reason?: string | null;
          recording_name?: string;
          since?: string;
          source_md5?: string | null;
          source_revision?: string | null;
          source_size_bytes?: number | null;
          space_name?: string | null;
          started_at?: string | null;
          state?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "recordings_booking_id_fkey";
            columns: ["booking_id"];
            isOneToOne: false;
            referencedRelation: "bookings";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "recordings_booking_id_fkey";
            columns: ["booking_id"];
            isOneToOne: false;
            referencedRelation: "overdue_bookings";
            referencedColumns: ["id"];
          },
        ];
      };
      services: {
        Row: {
          created_at: string;
          duration_minutes: number;
          id: string;
          is_online: boolean;
          meeting_platform: string;
          meeting_settings: NonNullable<Json>;
          name: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          duration_minutes?: number;
          id?: string;
          is_online?: boolean;
          meeting_platform?: string;
          meeting_settings?: NonNullable<Json>;
          name: string;
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          duration_minutes?: number;
          id?: string;
          is_online?: boolean;
          meeting_platform?: string;
          meeting_settings?: NonNullable<Json>;
          name?: string;
          updated_at?: string;
        };
        Relationships: [];
      };
      transcript_segments: {
        Row: {
          confidence: number | null;
          ends_ms: number;
          position: number;
          recording_id: string;
          speaker: string | null;
          speaker_source: string;
          starts_ms: number;
          text: string;
        };
        ComputedFields: never;
        Insert: {
          confidence?: number | null;
          ends_ms: number;
          position: number;
          recording_id: string;
          speaker?: string | null;
          speaker_source: string;
          starts_ms: number;
          text: string;
        };
        Update: {
          confidence?: number | null;
          ends_ms?: number;
          position?: number;
          recording_id?: string;
          speaker?: string | null;
          speaker_source?: string;
          starts_ms?: number;
          text?: string;
        };
        Relationships: [
          {
            foreignKeyName: "transcript_segments_recording_id_fkey";
            columns: ["recording_id"];
            isOneToOne: false;
            referencedRelation: "transcripts";
            referencedColumns: ["recording_id"];
          },
        ];
      };
      transcripts: {
        Row: {
          created_at: string;
          generation: number;
          language_code: string | null;
          recording_id: string;
          sources: string;
          speakers: string;
          speakers_reason: string | null;
          words: number;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          generation: number;
          language_code?: string | null;
          recording_id: string;
          sources: string;
          speakers: string;
          speakers_reason?: string | null;
          words: number;
        };
        Update: {
          created_at?: string;
          generation?: number;
          language_code?: string | null;
          recording_id?: string;
          sources?: string;
          speakers?: string;
          speakers_reason?: string | null;
          words?: number;
        };
        Relationships: [
          {
            foreignKeyName: "transcripts_recording_id_fkey";
            columns: ["recording_id"];
            isOneToOne: true;
            referencedRelation: "recordings";
            referencedColumns: ["id"];
          },
        ];
      };
      user_tokens: {
        Row: {
          created_at: string;
          encrypted_google_refresh_token: string;
          google_calendar_id: string | null;
          token_created_at: string;
          token_expires_at: string | null;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          encrypted_google_refresh_token: string;
          google_calendar_id?: string | null;
          token_created_at?: string;
          token_expires_at?: string | null;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          encrypted_google_refresh_token?: string;
          google_calendar_id?: string | null;
          token_created_at?: string;
          token_expires_at?: string | null;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
    };
    Views: {
      overdue_bookings: {
        Row: {
          consultant_id: string | null;
          id: string;
          pipeline_reason: string | null;
          pipeline_since: string | null;
          pipeline_status: string | null;
          waiting: string | null;
        };
        ComputedFields: never;
        Insert: {
          consultant_id?: string | null;
          id?: string | null;
          pipeline_reason?: string | null;
          pipeline_since?: string | null;
          pipeline_status?: string | null;
          waiting?: never;
        };
        Update: {
          consultant_id?: string | null;
          id?: string | null;
          pipeline_reason?: string | null;
          pipeline_since?: string | null;
          pipeline_status?: string | null;
          waiting?: never;
        };
        Relationships: [
          {
            foreignKeyName: "bookings_consultant_id_fkey";
            columns: ["consultant_id"];
            isOneToOne: false;
            referencedRelation: "consultants";
            referencedColumns: ["id"];
          },
        ];
      };
    };
    Functions: {
      announce_recordings: { Args: { p_booking_id: string; p_names: string[]; p_user_id: string }; Returns: number };
      announce_recordings_again: { Args: { p_recordings: Json }; Returns: number };
      begin_analysis: { Args: { p_holder: string; p_lease_seconds: number; p_recording_id: string }; Returns: Json };
      begin_booking_reconcile: {
        Args: { p_booking_id: string; p_holder: string; p_lease_seconds: number };
        Returns: Json;
      };
      begin_calendar_read: { Args: { p_backfill_id: number; p_user_id: string }; Returns: Json };
      begin_calendar_reading: { Args: { p_holder: string; p_lease_seconds: number; p_user_id: string }; Returns: Json };
      begin_capture: {
        Args: { p_holder: string; p_lease_seconds: number; p_recording_name: string; p_user_id: string };
        Returns: Json;
      };
      break_off_calendar_reading: {
        Args: { p_fencing: number; p_problem: string; p_retry_seconds: number; p_user_id: string };
        Returns: undefined;
      };
      claim_recording_searches: {
        Args: { p_give_up_seconds: number; p_limit: number; p_overdue_seconds: number };
        Returns: {
          booking_id: string;
          space_name: string;
          user_id: string;
        }[];
      };
      claim_running_transcriptions: {
        Args: { p_deadline_seconds: number; p_limit: number; p_overdue_seconds: number };
        Returns: {
          chunk: number;
          is_late: boolean;
          operation_name: string;
          recording_id: string;
        }[];
      };
      claim_transcription_start: {
        Args: { p_chunk: number; p_fencing: number; p_recording_id: string; p_starts: number };
        Returns: boolean;
      };
      claim_unread_calendars: { Args: { p_claim_seconds: number; p_limit: number }; Returns: string[] };
      claim_unwatched_calendars: {
        Args: { p_claim_seconds: number; p_limit: number; p_overlap_seconds: number };
        Returns: {
          calendar_id: string;
          user_id: string;
        }[];
      };
      claim_workspace_subscriptions: {
        Args: { p_claim_seconds: number; p_limit: number };
        Returns: {
          google_sub: string;
          name: string;
          user_id: string;
        }[];
      };
      compare_relay_settings: { Args: { p_ping_key?: string; p_url?: string }; Returns: Json };
      confirm_backfill_adoptions: { Args: { p_backfill_id: number; p_consultant_id?: string }; Returns: number };
      connect_google: { Args: { p_account: Json; p_refresh_token: string; p_user_id: string }; Returns: Json };
      create_oauth_state: {
        Args: { p_lifetime_seconds: number; p_state: Json; p_user_id: string };
        Returns: undefined;
      };
      decide_backfill: {
        Args: { p_backfill_id: number; p_decisions: Json };
        Returns: {
          booking_id: string;
          problem: string;
        }[];
      };
      disconnect_google: { Args: { p_user_id: string }; Returns: number };
      explain_booking: { Args: { p_booking_id: string }; Returns: string[] };
      fail_analysis: {
        Args: {
          p_booking_id: string;
          p_fencing: number;
          p_lease_seconds: number;
          p_reason: string;
          p_recording_id: string;
        };
        Returns: boolean;
      };
      fail_capture: { Args: { p_fencing: number; p_reason: string; p_recording_id: string }; Returns: boolean };
      finish_booking_reconcile: {
        Args: { p_booking_id: string; p_effects: Json; p_fencing: number; p_result: Json; p_revision: number };
        Returns: Json;
      };
      finish_calendar_read: {
        Args: { p_backfill_id: number; p_connected: boolean; p_final: boolean; p_problem: string; p_user_id: string };
        Returns: undefined;
      };
      finish_calendar_reading: {
        Args: { p_check_seconds: number; p_fencing: number; p_result: Json; p_user_id: string };
        Returns: boolean;
      };
      finish_capture_copy: {
        Args: { p_effects: Json; p_fencing: number; p_keep_days: number; p_object: Json; p_recording_id: string };
        Returns: boolean;
      };
      forget_calendar_channel: { Args: { p_channel_id: string }; Returns: undefined };
      forget_google_token: { Args: { p_token_version: number; p_user_id: string }; Returns: boolean };
      get_decrypted_google_refresh_token: { Args: { p_user_id: string }; Returns: Json };
      inspect_google_connections: { Args: Record<PropertyKey, never>; Returns: Json };
      inspect_installation: { Args: Record<PropertyKey, never>; Returns: Json };
      inspect_time_zones: { Args: { p_instants: string[]; p_zones: string[] }; Returns: Json };
      judge_bookings: {
        Args: { p_booking_ids: string[] };
        Returns: {
          booking_id: string;
          verdict: string;
        }[];
      };
      latest_backfill: { Args: { p_applied: boolean; p_consultant_id?: string }; Returns: number };
      leave_analysis: { Args: { p_booking_id: string; p_fencing: number; p_lease_seconds: number }; Returns: Json };
      list_backfill_items: {
        Args: { p_after?: string; p_backfill_id: number; p_limit: number };
        Returns: {
          action: string;
          booking_id: string;
          consultant_id: string;
          decision: string;
          event_id: string;
          reason: string;
          standing: string;
          starts_at: string;
          why: string;
        }[];
      };
      list_backfill_slots: {
        Args: { p_after?: string; p_backfill_id: number; p_limit: number; p_user_id: string };
        Returns: {
          booking_id: string;
          customer_email: string;
          ends_at: string;
          former_event_id: string;
          starts_at: string;
        }[];
      };
      list_resync_bookings: {
        Args: { p_after?: string; p_again_seconds: number; p_consultant_id?: string; p_limit: number };
        Returns: {
          booking_id: string;
        }[];
      };
      list_retired_channels: {
        Args: { p_limit: number; p_user_id?: string };
        Returns: {
          id: string;
          resource_id: string;
          user_id: string;
        }[];
      };
      mark_google_connection: {
        Args: { p_reason: string; p_state: string; p_token_version: number; p_user_id: string };
        Returns: boolean;
      };
      match_recording: { Args: { p_fencing: number; p_found: Json; p_recording_id: string }; Returns: Json };
      note_calendar_channel_problem: {
        Args: { p_first_seconds: number; p_problem: string; p_user_id: string };
        Returns: undefined;
      };
      note_capture_upload: {
        Args: { p_fencing: number; p_recording_id: string; p_session_uri: string; p_source: Json };
        Returns: boolean;
      };
      note_transcription_started: {
        Args: { p_chunk: number; p_effects: Json; p_operation_name: string; p_recording_id: string };
        Returns: undefined;
      };
      note_workspace_subscription_problem: {
        Args: { p_first_seconds: number; p_google_sub: string; p_problem: string; p_user_id: string };
        Returns: undefined;
      };
      open_backfill: { Args: { p_consultant_id?: string }; Returns: number };
      park_capture: { Args: { p_fencing: number; p_reason: string; p_recording_id: string }; Returns: boolean };
      plan_backfill_page: { Args: { p_after: string; p_backfill_id: number; p_limit: number }; Returns: Json };
      plan_booking_room: {
        Args: { p_booking_id: string; p_fencing: number; p_lease_seconds: number; p_room: Json };
        Returns: boolean;
      };
      plan_calendar_channel: {
        Args: { p_channel_id: string; p_token_sha256: string; p_user_id: string };
        Returns: boolean;
      };
      plan_transcription: { Args: { p_fencing: number; p_jobs: Json; p_recording_id: string }; Returns: Json };
      prove_relay_ping_key: { Args: { p_nonce: string }; Returns: string };
      prune_single_use_values: { Args: Record<PropertyKey, never>; Returns: number };
      queue_backfill_items: {
        Args: { p_backfill_id: number; p_consultant_id?: string; p_limits: Json };
        Returns: Json;
      };
      queue_backfill_undo: {
        Args: { p_backfill_id: number; p_consultant_id?: string; p_limits: Json };
        Returns: number;
      };
      queue_bookings: { Args: { p_booking_ids: string[]; p_command: string }; Returns: number };
      queue_calendar_reads: { Args: { p_backfill_id: number }; Returns: number };
      read_backfill: { Args: { p_backfill_id: number; p_consultant_id?: string }; Returns: Json };
      read_backfill_undo: { Args: { p_backfill_id: number; p_consultant_id?: string }; Returns: Json };
      read_booking_chain: { Args: { p_booking_id: string }; Returns: Json };
      read_booking_ledger: { Args: { p_booking_id: string }; Returns: Json };
      read_booking_reasons: {
        Args: { p_booking_ids: string[] };
        Returns: {
          booking_id: string;
          reason: string;
        }[];
      };
      read_dead_outbox: { Args: { p_limit: number }; Returns: Json };
      read_pipeline_status: { Args: { p_expiring_seconds: number; p_recent_seconds: number }; Returns: Json };
      read_recordings_to_revive: {
        Args: { p_after?: string; p_ids?: string[]; p_limit: number; p_names?: string[]; p_results_keep_days: number };
        Returns: {
          booking_id: string;
          booking_status: string;
          connection: string;
          duration_ms: number;
          has_audio: boolean;
          has_results: boolean;
          is_given_up: boolean;
          is_waiting: boolean;
          language: string;
          pipeline_status: string;
          reason: string;
          recording_id: string;
          recording_name: string;
          state: string;
          trouble: string;
          words: number;
        }[];
      };
      read_transcripts: { Args: { p_booking_id: string }; Returns: Json };
      read_usage: {
        Args: { p_booking_id?: string; p_consultant_id?: string; p_keep_hours: number; p_since?: string };
        Returns: Json;
      };
      recheck_workspace_subscription: { Args: { p_name: string }; Returns: boolean };
      record_calendar_page: {
        Args: { p_events: Json; p_fencing: number; p_lease_seconds: number; p_reading: string; p_user_id: string };
        Returns: number;
      };
      record_effects: { Args: { p_effects: Json }; Returns: undefined };
      record_rejected_input: {
        Args: { p_edge: string; p_reason: string; p_sha256: string; p_size_bytes: number };
        Returns: undefined;
      };
      relay_outbox_batch: {
        Args: {
          p_claim_seconds: number;
          p_failed: Json;
          p_limit: number;
          p_published: number[];
          p_skipped_topics: string[];
        };
        Returns: {
          attributes: Json;
          created_at: string;
          data: Json;
          id: number;
          is_first: boolean;
          topic: string;
        }[];
      };
      release_analysis: { Args: { p_booking_id: string; p_fencing: number; p_trouble: string }; Returns: undefined };
      release_booking_lease: {
        Args: { p_booking_id: string; p_effects: Json; p_fencing: number; p_reason: string };
        Returns: undefined;
      };
      release_capture: { Args: { p_fencing: number; p_reason: string; p_recording_id: string }; Returns: undefined };
      remove_workspace_subscription: { Args: { p_user_id: string }; Returns: string };
      renew_analysis: { Args: { p_booking_id: string; p_fencing: number; p_lease_seconds: number }; Returns: boolean };
      renew_booking_lease: {
        Args: { p_booking_id: string; p_fencing: number; p_lease_seconds: number };
        Returns: boolean;
      };
      renew_capture: { Args: { p_fencing: number; p_lease_seconds: number; p_recording_id: string }; Returns: string };
      replace_google_refresh_token: {
        Args: { p_refresh_token: string; p_token_version: number; p_user_id: string };
        Returns: boolean;
      };
      replay_dead_outbox: { Args: { p_dead_before: string; p_limit: number }; Returns: number };
      requeue_overdue_bookings: {
        Args: { p_limit: number; p_max_requeues: number; p_overdue_seconds: number };
        Returns: number;
      };
      requeue_parked_bookings: { Args: { p_user_id: string }; Returns: number };
      requeue_stuck_analyses: {
        Args: { p_limit: number; p_max_requeues: number; p_overdue_seconds: number };
        Returns: number;
      };
      requeue_stuck_recordings: {
        Args: { p_limit: number; p_max_requeues: number; p_overdue_seconds: number };
        Returns: number;
      };
      retire_calendar_channels: { Args: { p_user_id: string }; Returns: undefined };
      revive_recordings: { Args: { p_results_keep_days: number; p_revivals: Json }; Returns: number };
      sample_backfill_items: {
        Args: { p_backfill_id: number; p_consultant_id?: string; p_each: number };
        Returns: {
          action: string;
          booking_id: string;
          event_id: string;
          reason: string;
          starts_at: string;
        }[];
      };
      save_backfill_proposals: { Args: { p_backfill_id: number; p_proposals: Json }; Returns: undefined };
      save_calendar_channel: {
        Args: { p_channel_id: string; p_expires_at: string; p_resource_id: string };
        Returns: undefined;
      };
      save_workspace_subscription: {
        Args: { p_check_seconds: number; p_google_sub: string; p_subscription: Json; p_user_id: string };
        Returns: boolean;
      };
      seal_capture: { Args: { p_fencing: number; p_recording_id: string; p_sealed: Json }; Returns: boolean };
      set_relay_settings: { Args: { p_ping_key?: string; p_url?: string }; Returns: Json };
      settle_message: { Args: { p_attempt: number; p_key: string; p_result: Json }; Returns: boolean };
      settle_transcription: { Args: { p_chunk: number; p_reason: string; p_recording_id: string }; Returns: undefined };
      settled_deletions: { Args: { p_booking_ids: string[] }; Returns: string[] };
      store_google_refresh_token: { Args: { p_refresh_token: string; p_user_id: string }; Returns: undefined };
      store_transcript: {
        Args: {
          p_booking_id: string;
          p_fencing: number;
          p_lease_seconds: number;
          p_recording_id: string;
          p_segments: Json;
          p_transcript: Json;
        };
        Returns: Json;
      };
      take_due_message: { Args: { p_claim_seconds: number; p_max_attempts: number }; Returns: Json };
      troubled_messages: {
        Args: { p_late_seconds: number };
        Returns: {
          attempts: number;
          booking_id: string;
          due_at: string;
          key: string;
          kind: string;
          reason: string;
          state: string;
          user_id: string;
        }[];
      };
      unfinished_google_disconnects: {
        Args: { p_older_than_seconds: number };
        Returns: {
          token_version: number;
          user_id: string;
        }[];
      };
      use_oauth_state: { Args: { p_cookie_sha256: string; p_state_sha256: string }; Returns: Json };
      use_relay_nonce: { Args: { p_nonce: string }; Returns: boolean };
      user_of_calendar_channel: { Args: { p_channel_id: string; p_token_sha256: string }; Returns: string };
      user_of_workspace_subscription: { Args: { p_name: string }; Returns: string };
      write_insights: {
        Args: { p_booking_id: string; p_fencing: number; p_insights: Json; p_lease_seconds: number };
        Returns: Json;
      };
      write_transcript: {
        Args: { p_booking_id: string; p_fencing: number; p_lease_seconds: number; p_text: string };
        Returns: boolean;
      };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R;
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
        Row: infer R;
      }
      ? R
      : never
    : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"] | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I;
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Insert: infer I;
      }
      ? I
      : never
    : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"] | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U;
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Update: infer U;
      }
      ? U
      : never
    : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"] | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
    : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
    : never;

export const Constants = {
  public: {
    Enums: {},
  },
} as const;
